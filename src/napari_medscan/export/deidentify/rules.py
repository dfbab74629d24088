"""What becomes of an attribute: the actions of PS3.15 table E.1-1, and of what it does not list.

The table lists attributes that may identify; the rest it retains. This goes further: of attributes
that are not listed, text and bytes are retained only if they are known to be technical, since free
text can name anybody, and coded strings and numbers only if they are well-formed.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from napari_medscan.dicom.tags.identifiers import LISTED
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


def _tags(text: str) -> frozenset[int]:
    return frozenset(int(word, 16) for word in text.split())


_PSEUDONYMS: Final = _tags("00100010 00100020")
_CHARACTERISTICS: Final = _tags("00100040 00101010 00101020 00101030 001021A0 001021C0 00102203")
_AGE: Final = 0x00101010
_DEVICE: Final = _tags(
    "00081010 00181000 00181002 00181004 00181005 00181007 00181008 0018100B 0018700A"
    " 300A00B2 30080105 00189367 00189371 00189373"
)
_EMPTY: Final = _tags(
    "00081070 00080020 00080023"
    " 00080030 00080033 00080050 00080090 00100030 00100040 00200010 00180010"
    " 00402016 00402017 00700081 00700084 30060008 30060009 30060026 300600A6 300A0006 300A0007"
    " 300A000E 300A00B2 00400555 00400513 00400518 00400562 00400610 30020020"
)
"""Attributes that some object must have, though it may be empty (Type 2)."""
_DUMMY: Final = _tags(
    "30060002 300A0002 30020002 300A0226 00620005 00080100 00080102 00080104 0040A123 00189424"
    " 00181000 00620020 00189080 00400512 00400551"
)
"""Attributes that some object must have with a value (Type 1)."""
_REFERENCES: Final = _tags("00081140 00082112")
"""Sequences that the table lists but keeps once the UIDs in them are replaced."""
_ISSUERS: Final = _tags("00080051 00380014 00380064 00400026 00400027 00400031 00400032 00400036")
"""Who issued an identifier that is removed."""
_DESCRIPTORS: Final = _tags(
    "00081030 0008103E 00181030 00181400 00189424 00321060 00400007 00400254 30060004 30060006"
    " 30060026 300A0003 300A0004 00321070 00180010 00204000"
)
TECHNICAL: Final = _tags(
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
PIXELS: Final = _tags("7FE00008 7FE00009 7FE00010")
BINARY: Final = PIXELS | _tags(
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
    group = tag >> 16
    if not keyword or tag & 0xFFFF == 0 or group >> 8 in (_CURVES, _OVERLAYS):
        return Action.REMOVE
    if tag in _PSEUDONYMS:
        return Action.PSEUDONYM
    if vr in _DATES:
        return _of_date(tag, group, profile)
    chosen = _of_option(tag, profile)
    if chosen is not None:
        return chosen
    if vr == "UI":
        return Action.MAP_UID
    is_free_text = vr in _TEXTS and tag not in TECHNICAL
    if tag not in _REFERENCES and (tag in LISTED or tag in _ISSUERS or is_free_text):
        return _of_listed(tag)
    gone = vr in _GONE or (vr in _BYTES and tag not in BINARY)
    return Action.REMOVE if gone else Action.KEEP


def _of_option(tag: int, profile: Profile) -> Action | None:
    """Return what an option of the profile says, None if no option is about the attribute."""
    if profile.characteristics and tag in _CHARACTERISTICS:
        return Action.AGE if tag == _AGE else Action.KEEP
    if profile.device and tag in _DEVICE:
        return Action.KEEP
    return Action.CLEAN if profile.descriptors and tag in _DESCRIPTORS else None


def _of_date(tag: int, group: int, profile: Profile) -> Action:
    if group == _PATIENT:
        return _of_listed(tag)
    return Action.SHIFT if profile.dates else Action.EMPTY


def _of_listed(tag: int) -> Action:
    if tag in _EMPTY:
        return Action.EMPTY
    return Action.DUMMY if tag in _DUMMY else Action.REMOVE
