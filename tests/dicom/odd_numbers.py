"""Numbers as files write them: rightly, in other ways that are certain, and as junk."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from hypothesis import strategies as st


class Written(NamedTuple):
    """A value as it stands in a file, and the number that is meant if that is certain."""

    data: bytes
    meaning: float | None


def _of_text(text: str, meaning: float | None) -> Written:
    return Written(text.encode("latin-1"), meaning)


def numbers(low: int, high: int) -> st.SearchStrategy[Decimal]:
    """Return decimals of at most two places, not 0."""
    return st.decimals(low, high, allow_nan=False, places=2).filter(bool)


def written(low: int = -9999, high: int = 9999, unit: str = "HU") -> st.SearchStrategy[Written]:
    """Return numbers of two decimals in every way of writing."""
    certain = st.builds(
        lambda number, comma, sign, end: _of_text(
            (sign if number > 0 else "") + f"{number:f}".replace(".", "," if comma else ".") + end,
            float(number),
        ),
        numbers(low, high),
        st.booleans(),
        st.sampled_from(["", "+", " ", "  "]),
        st.sampled_from(["", " ", "\0", "\\", f" {unit}", unit.lower()]),
    )
    junk = st.sampled_from(
        ["NaN", "inf", "1.000.000", "1,024", "1e", "--1", "1_0", "1 000", "x", "1.5.2", "1\\2", ",",
         "1.0 furlong", "\xb2", "1,5.0", "\\1", "0x1", "1e999", "- 1"]
    )  # fmt: skip
    return st.one_of(certain, junk.map(lambda text: _of_text(text, None)))
