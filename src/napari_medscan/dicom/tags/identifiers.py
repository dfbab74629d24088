"""Which values can tell who the patient is: what the Basic Profile of PS3.15 E.1 changes.

What is masked is what that table removes or replaces, UIDs included, and with a sequence all that
is nested in it. It names tags, so that neither the value representation that a file claims nor
the age of a dictionary unmasks one. There is one departure each way:

- Of the private attributes, which the table removes altogether, numbers and codes are shown:
  b-values are what private attributes are looked up for.
- All names of persons and of application entities, ages, dates and times are masked by their
  value representation, and public attributes that are not in the dictionary, as nobody can say
  what they hold.
"""

from __future__ import annotations

from typing import Final

from napari_medscan.dicom.tags.confidentiality import BASIC, REFERENCES

MASK: Final = "•••"
"""What stands for a masked value."""

_ALWAYS = frozenset(("AE", "AS", "DA", "DT", "PN", "TM"))
_PRIVATE_SHOWN = frozenset(("AT", "CS", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"))
_ITEMS = 0xFFFE
_CURVES, _OVERLAYS = 0x50, 0x60
_OVERLAY_TEXT = frozenset((0x3000, 0x4000))


def identifies(tag: int, vr: str, keyword: str) -> bool:
    """Return whether the value of an attribute is masked.

    Parameters
    ----------
    tag : int
        ``group << 16 | element``.
    vr, keyword : str
        Value representation; keyword, '' when the dictionary has none.
    """
    group, element = tag >> 16, tag & 0xFFFF
    if tag in BASIC or vr in _ALWAYS:
        return True
    if vr == "SQ" or element == 0:
        return False
    if group & 1:
        return vr not in _PRIVATE_SHOWN and not 0x10 <= element <= 0xFF
    if group >> 8 == _CURVES:
        return True
    if group >> 8 == _OVERLAYS:
        return element in _OVERLAY_TEXT
    return not keyword and group != _ITEMS


def hides_contents(tag: int, keyword: str) -> bool:
    """Return whether a sequence is removed as a whole: all that is nested in it is masked.

    Parameters
    ----------
    tag : int
        ``group << 16 | element``.
    keyword : str
        '' when the dictionary has none.
    """
    if tag in BASIC:
        return BASIC[tag] != REFERENCES
    return not keyword and not (tag >> 16) & 1
