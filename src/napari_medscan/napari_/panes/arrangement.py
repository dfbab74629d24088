"""Arrangements of panes: how many there are, and where each stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

SINGLE = "Single"
SIDE_BY_SIDE = "Side by side"
TWO_BY_TWO = "2 × 2"
THREE_PLANES = "Three planes"
ARRANGEMENTS = (SINGLE, SIDE_BY_SIDE, TWO_BY_TWO, THREE_PLANES)
"""Names of all arrangements, as the user reads them."""

COLORS = ("#f0a030", "#4db3e6", "#3dbf8a", "#dd7fb8")
"""Of the panes' marks and lines; told apart by color-blind readers, too."""

_SIDES = {SINGLE: 0, SIDE_BY_SIDE: 1, TWO_BY_TWO: 3, THREE_PLANES: 2}

T = TypeVar("T")


def count_of_sides(arrangement: str) -> int:
    """Return how many panes an arrangement has beside the main canvas."""
    return _SIDES[arrangement]


def columns_of(arrangement: str, sides: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """Return the panes below the main canvas, and those in the column beside it."""
    if arrangement == TWO_BY_TWO:
        return sides[1:2], [sides[0], sides[2]]
    return [], sides[: _SIDES[arrangement]]
