"""The values of retained elements: checked, replaced or emptied, one by one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue

from napari_medscan.export.deidentify.pseudonyms import Pseudonyms
from napari_medscan.export.deidentify.words import known_words, names_somebody

_CODED = re.compile(r"[A-Z0-9_ +./-]{0,16}")
_NUMBER = re.compile(r"[ ]*[+-]?[0-9]*[.,]?[0-9]*(?:[eE][+-]?[0-9]+)?[ \0]*")
_RATIO = re.compile(r" *[0-9]+(?:\.[0-9]+)? *: *[0-9]+(?:\.[0-9]+)?[ \0]*")
_AGE = re.compile(r"(\d{3})([DWMY])")
_OLDEST: Final = 90
"""Years: ages above identify in some laws, and are given as this one."""
DUMMY: Final = "REMOVED"
_DATES: Final = {"DA": "19000101", "DT": "19000101000000", "TM": "000000"}
_SIZES: Final = {"FD": 8, "FL": 4, "SL": 4, "SS": 2, "UL": 4, "US": 2}
_TEXTS: Final = frozenset(("LO", "LT", "SH", "ST", "UC", "UT"))


def checked(element: DataElement, words: frozenset[str]) -> bool:
    """Blank what is malformed or names the patient in a retained value; tell if all is well.

    Parameters
    ----------
    element : DataElement
        Is changed in place.
    words : frozenset of str
        Words in capitals that identify the patient.
    """
    if element.VR == "CS":
        return _replace(element, lambda text: text if _is_coded(text, words) else "")
    if element.VR in ("DS", "IS"):
        return _replace(element, lambda text: text if _is_number(text, words) else "")
    if element.VR in _TEXTS:
        return _replace(element, lambda text: "" if names_somebody(text, words) else text)
    return True


def is_plain(value: bytes, vr: str) -> bool:
    """Whether the bytes of a private element of unknown VR are numbers or codes of a VR."""
    if vr in _SIZES:
        return len(value) % _SIZES[vr] == 0
    pattern = _CODED if vr == "CS" else _NUMBER
    texts = value.decode("latin-1").strip(" \0").split("\\")
    return all(pattern.fullmatch(text) for text in texts)


def is_ratio(value: bytes | str) -> bool:
    """Whether a text is two numbers with a colon: "0.984:1"."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return _RATIO.fullmatch(text) is not None


def shift(element: DataElement, pseudonyms: Pseudonyms) -> None:
    """Set dates back and check times."""
    change = {"DA": pseudonyms.day, "DT": pseudonyms.moment, "TM": pseudonyms.time}
    _replace(element, change[element.VR])


def map_uids(element: DataElement, pseudonyms: Pseudonyms) -> None:
    """Replace UIDs."""
    _replace(element, lambda uid: pseudonyms.uid(uid.strip(" \0"), element.keyword))


def clean(element: DataElement, words: frozenset[str]) -> None:
    """Retain words that are known, and none of the patient."""
    _replace(element, lambda text: known_words(text, words))


def limit_age(element: DataElement) -> None:
    """Give ages above 90 years as 90."""
    _replace(element, _limited)


def dummy_of(vr: str) -> str:
    """Return a value that stands for one that was removed; empty if there is none for the VR."""
    return DUMMY if vr in _TEXTS or vr in ("CS", "PN") else _DATES.get(vr, "")


def _is_coded(text: str, words: frozenset[str]) -> bool:
    return bool(_CODED.fullmatch(text)) and not names_somebody(text, words)


def _is_number(text: str, words: frozenset[str]) -> bool:
    return bool(_NUMBER.fullmatch(text)) and text.strip(" \0") not in words


def _limited(text: str) -> str:
    found = _AGE.fullmatch(text.strip())
    if found is None:
        return ""
    years, unit = int(found[1]), found[2]
    return f"{_OLDEST:03d}Y" if unit == "Y" and years > _OLDEST else text


def _replace(element: DataElement, change: Callable[[str], str]) -> bool:
    """Change each of the texts of an element; return whether none differs afterwards."""
    value = element.value
    if value is None:
        return True
    is_list = isinstance(value, MultiValue | list | tuple)
    before = [_text(one) for one in (value if is_list else [value])]
    after = [change(text) for text in before]
    if after != before:
        element.value = after if is_list else after[0]
    return after == before


def _text(value: Any) -> str:  # noqa: ANN401 - as pydicom has values
    """Return a value as the file writes it."""
    original = getattr(value, "original_string", None)
    return str(value) if original is None else str(original)
