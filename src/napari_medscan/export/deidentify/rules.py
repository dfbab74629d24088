"""What becomes of an attribute: the actions of PS3.15 table E.1-1, and of what it does not list.

The table lists attributes that may identify; the rest it retains. This goes further: of attributes
that are not listed, text and bytes are retained only if they are known to be technical, since free
text can name anybody, and coded strings and numbers only if they are well-formed.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from napari_medscan.dicom.tags.confidentiality import (
    BASIC,
    CHARACTERISTICS,
    DESCRIPTORS,
    DEVICE,
    INSTITUTION,
    REFERENCES,
    tags,
)
from napari_medscan.export.deidentify.options import Profile


class Action(Enum):
    """What is done with the value of an attribute; D, Z, X, K, C and U of PS3.15 E.1."""

    REMOVE = auto()
    EMPTY = auto()
    DUMMY = auto()
    KEEP = auto()
    """After its value was checked by `values`; sequences item by item."""
    PSEUDONYM = auto()
    MAP_UID = auto()
    SHIFT = auto()
    CLEAN = auto()
    """Retain known words."""
    AGE = auto()


def _flat(text: str) -> frozenset[int]:
    return frozenset(int(word, 16) for word in text.split())


_PSEUDONYMS: Final = frozenset((0x00100010, 0x00100020))
_AGE: Final = 0x00101010
_CHANGE: Final = {"X": Action.REMOVE, "Z": Action.EMPTY, "U": Action.MAP_UID}
_LEFT_OUT: Final = _flat("00080012 00080013 00080021 00080031 0008002A 00081110")
"""What images may lack, though other objects must have it: dates, times, references to studies."""
_ISSUERS: Final = tags("""
0008: 0051
0038: 0014 0064
0040: 0026 0027 0031 0032 0036
""")
"""Who issued an identifier that is removed."""
_LABELS: Final = _flat("30020002 300A0226 00620020 00189080 00700080")
_DESCRIPTION: Final = 0x00700081
"""Texts, and a code that a person enters, that are not listed, but that some object must have: with
a value, or empty."""
TECHNICAL: Final = _flat(
    # Equipment, acquisition and reconstruction.
    "00080070 00081090 00181020 00180024 00189005 00181210 00189320 00181250 00181251 00181160"
    " 00181161 00181180 00181260 00181261 00180085 00180031 00181040 00181070 001811B0 001811A4"
    " 00181061 00181064 00181085 00189041 00189046 00189047 00189050 00541101 00541103 00541104"
    " 00541105 00540018 0018702A 0018702B 00187008 00185000 00185010 00185020 00082127 00082120"
    # Meaning of values and axes.
    " 00201040 00209056 00209421 00209213 00209238 00281054 00281055 00283003 00283004 00280A04"
    " 00409210 00480106 006A000E 00420012"
    # Segments, algorithms and codes.
    " 00620005 00620009 00660031 00660036 00080100 00080102 00080103 00080104 00080119"
)
"""Texts that are retained though they are not coded."""
PIXELS: Final = _flat("7FE00008 7FE00009 7FE00010")
BINARY: Final = PIXELS | _flat(
    "7FE00001 7FE00002 00281201 00281202 00281203 00281204 00281221 00281222 00281223 00281224"
    " 00281408 00283006 00282000 56000010 56000020 54001010 54000110 54000112 5400100A 00640009"
    " 00660016 00660021 00660022 00660040 00660041 00660042 00660043 00660125"
    " 00660023 00660024 00660025 00660029"
)
"""Bytes and words that are retained: pixels, lookup tables, signals and surfaces."""
_BYTES: Final = frozenset(("OB", "OD", "OF", "OL", "OV", "OW"))
_TEXTS: Final = frozenset(("LO", "LT", "SH", "ST", "UC", "UT"))
_DATES: Final = frozenset(("DA", "DT", "TM"))
_GONE: Final = frozenset(("AE", "AS", "PN", "UN", "UR"))
_PATIENT: Final = 0x0010
_FIRST: Final = 0x00080000
"""Groups below are those of messages, file meta information and DICOMDIR."""
_CURVES: Final = 0x50
_OVERLAYS: Final = 0x60


def action_of(tag: int, vr: str, keyword: str, profile: Profile) -> Action:
    """Return what becomes of a public attribute.

    Parameters
    ----------
    tag : int
        ``group << 16 | element``.
    vr, keyword : str
        Value Representation; keyword, '' if the dictionary has none.
    profile : Profile
        What is retained.
    """
    is_graphic = tag >> 24 in (_CURVES, _OVERLAYS)
    if not keyword or tag & 0xFFFF == 0 or is_graphic or tag < _FIRST:
        return Action.REMOVE
    if tag in _PSEUDONYMS:
        return Action.PSEUDONYM
    if vr in _DATES:
        return _of_date(tag, profile)
    chosen = _of_option(tag, profile)
    if chosen is not None:
        return chosen
    code = BASIC.get(tag, "")
    if vr == "UI" and code != "X":
        return Action.MAP_UID
    if code and code != REFERENCES:
        return _of_code(tag, code)
    if (vr in _TEXTS or tag in _LABELS) and tag not in TECHNICAL:
        return _of_text(tag)
    gone = tag in _ISSUERS or vr in _GONE or (vr in _BYTES and tag not in BINARY)
    return Action.REMOVE if gone else Action.KEEP


def _of_option(tag: int, profile: Profile) -> Action | None:
    """Return what an option of the profile says, None if no option is about the attribute."""
    if profile.characteristics and tag in CHARACTERISTICS:
        return Action.AGE if tag == _AGE else Action.KEEP
    if (profile.device and tag in DEVICE) or (profile.institution and tag in INSTITUTION):
        return Action.KEEP
    return Action.CLEAN if profile.descriptors and tag in DESCRIPTORS else None


def _of_date(tag: int, profile: Profile) -> Action:
    if profile.dates and tag >> 16 != _PATIENT:
        return Action.SHIFT
    return _of_code(tag, BASIC.get(tag, "Z"))


def _of_code(tag: int, code: str) -> Action:
    """Return what the Basic Profile says: of several codes, what any object may contain."""
    if tag in _LEFT_OUT:
        return Action.REMOVE
    if code.endswith("D"):
        return Action.DUMMY
    return _CHANGE[code.rpartition("/")[2]]


def _of_text(tag: int) -> Action:
    if tag == _DESCRIPTION:
        return Action.EMPTY
    return Action.DUMMY if tag in _LABELS else Action.REMOVE
