"""Private elements, found by their creator (PS3.5 7.8.1).

A private element is element *e* of creator *C* in group *g*. The upper byte of its element number
is the block that *C* has reserved in this data set with a Private Creator element (gggg,0010-00FF),
and differs from file to file: a re-export may number the blocks anew. `Private` names the elements
that are read; parsing stores their values under these names wherever their block is.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final, Self


class Private(IntEnum):
    """Private elements: group, creator, lower byte of the element number, and VR.

    As a number each is greater than any tag, so that both can be keys of one data set.
    """

    group: int
    creator: str
    element: int
    vr: bytes

    def __new__(cls, group: int, creator: str, element: int, vr: bytes) -> Self:
        """Return a member that is numbered and knows its place."""
        value = (1 << 32) + len(cls.__members__)
        member = int.__new__(cls, value)
        member._value_ = value
        member.group, member.creator, member.element, member.vr = group, creator, element, vr
        return member

    GEPetScanStart = 0x0009, "GEMS_PETD_01", 0x0D, b"DT"
    SiemensNumberOfImagesInMosaic = 0x0019, "SIEMENS MR HEADER", 0x0A, b"US"
    SiemensBValue = 0x0019, "SIEMENS MR HEADER", 0x0C, b"IS"
    SiemensGradientDirection = 0x0019, "SIEMENS MR HEADER", 0x0E, b"FD"
    SiemensMosaicRefAcqTimes = 0x0019, "SIEMENS MR HEADER", 0x29, b"FD"
    GEGradientX = 0x0019, "GEMS_ACQU_01", 0xBB, b"DS"
    GEGradientY = 0x0019, "GEMS_ACQU_01", 0xBC, b"DS"
    GEGradientZ = 0x0019, "GEMS_ACQU_01", 0xBD, b"DS"
    SiemensCSAImageHeader = 0x0029, "SIEMENS CSA HEADER", 0x10, b"OB"
    SiemensCSASeriesHeader = 0x0029, "SIEMENS CSA HEADER", 0x20, b"OB"
    GEImageType = 0x0043, "GEMS_PARM_01", 0x2F, b"SS"
    GEVelocityFlag = 0x0043, "GEMS_PARM_01", 0x30, b"SS"
    GEBValue = 0x0043, "GEMS_PARM_01", 0x39, b"IS"
    SiemensCoilString = 0x0051, "SIEMENS MR HEADER", 0x0F, b"LO"
    UIHBValue = 0x0065, "Image Private Header", 0x09, b"FD"
    UIHGradientDirection = 0x0065, "Image Private Header", 0x37, b"FD"
    UIHNumberOfTiles = 0x0065, "Image Private Header", 0x50, b"DS"
    UIHTileSequence = 0x0065, "Image Private Header", 0x51, b"SQ"
    PhilipsBValue = 0x2001, "Philips Imaging DD 001", 0x03, b"FL"
    PhilipsVelocity = 0x2001, "Philips Imaging DD 001", 0x1A, b"FL"
    PhilipsPhaseNumber = 0x2001, "Philips Imaging DD 001", 0x08, b"IS"
    PhilipsImageType = 0x2005, "Philips MR Imaging DD 001", 0x11, b"CS"
    PhilipsGradientRL = 0x2005, "Philips MR Imaging DD 001", 0xB0, b"FL"
    PhilipsGradientAP = 0x2005, "Philips MR Imaging DD 001", 0xB1, b"FL"
    PhilipsGradientFH = 0x2005, "Philips MR Imaging DD 001", 0xB2, b"FL"
    PhilipsGradientNumber = 0x2005, "Philips MR Imaging DD 005", 0x13, b"IS"
    PhilipsLabelType = 0x2005, "Philips MR Imaging DD 005", 0x29, b"CS"
    ToshibaCardiacPercent = 0x7005, "TOSHIBA_MEC_CT3", 0x04, b"SH"
    ToshibaCardiacDelay = 0x7005, "TOSHIBA_MEC_CT3", 0x05, b"SH"
    PhilipsSuvScale = 0x7053, "Philips PET Private Group", 0x00, b"DS"
    PhilipsActivityScale = 0x7053, "Philips PET Private Group", 0x09, b"DS"


ODD_GROUP: Final = 0x00010000
"""The bit of a tag that makes its element private (PS3.5 7.8)."""
_GROUPS: Final = frozenset(member.group for member in Private)
_BLOCK: Final = 0xFF00
_PLACES: Final = frozenset(member.group << 16 | member.element for member in Private)
LONGEST_CREATOR: Final = 64
"""Bytes of a Private Creator, an LO."""

_NOBODY: Final[Mapping[int, int]] = {}
_BY_CREATOR: Final[dict[tuple[int, bytes], dict[int, int]]] = {}
for _member in Private:
    _place = _member.group, _member.creator.encode()
    _BY_CREATOR.setdefault(_place, {})[_member.element] = _member

_USUAL_BLOCK: Final = 0x10
_USUAL: Final = (
    (0x0019, "SIEMENS", "SIEMENS MR HEADER"),
    (0x0019, "GE ", "GEMS_ACQU_01"),
    (0x0029, "SIEMENS", "SIEMENS CSA HEADER"),
    (0x0043, "GE ", "GEMS_PARM_01"),
    (0x2001, "PHILIPS", "Philips Imaging DD 001"),
    (0x2005, "PHILIPS", "Philips MR Imaging DD 001"),
)
"""Group, start of Manufacturer, and whose block 10 is on that manufacturer's scanners.

Some anonymizers remove all Private Creators and leave the values.
"""


def matters(tag: int) -> bool:
    """Whether a private element may be a `Private`, or the creator of one."""
    return tag & ~_BLOCK in _PLACES if tag & _BLOCK else is_private_creator(tag)


def is_private_creator(tag: int) -> bool:
    """Whether an element is a Private Creator, (gggg,0010-00FF), of a group that is read."""
    return 0x10 <= tag & 0xFFFF <= 0xFF and tag >> 16 in _GROUPS


class PrivateBlocks:
    """Which creator has reserved which block of one data set or sequence item.

    Parameters
    ----------
    manufacturer : bytes
        Manufacturer (0008,0070). It tells whose elements are in block 10 of a group in which no
        creator is left at all; b"" for sequence items, where nothing is assumed.
    """

    __slots__ = ("_blocks", "_groups", "_manufacturer")

    def __init__(self, manufacturer: bytes = b"") -> None:
        self._manufacturer = manufacturer
        self._groups: set[int] = set()
        self._blocks: dict[int, Mapping[int, int]] = {}

    def reserve(self, tag: int, creator: bytes) -> None:
        """Note the value of a Private Creator element."""
        group = tag >> 16
        self._groups.add(group)
        found = _BY_CREATOR.get((group, creator.strip(b" \0")), _NOBODY)
        self._blocks[group << 8 | tag & 0xFF] = found

    def key_of(self, tag: int) -> int:
        """Return the `Private` that an element is, 0 if it is none of them."""
        block = self._blocks.get(tag >> 8)
        if block is None:
            block = self._blocks[tag >> 8] = self._unreserved(tag >> 16, tag >> 8 & 0xFF)
        return block.get(tag & 0xFF, 0)

    def _unreserved(self, group: int, block: int) -> Mapping[int, int]:
        if group in self._groups or block != _USUAL_BLOCK or not self._manufacturer:
            return _NOBODY
        manufacturer = self._manufacturer.decode("latin-1").strip(" \0").upper()
        for usual_group, start, creator in _USUAL:
            if usual_group == group and manufacturer.startswith(start):
                return _BY_CREATOR[group, creator.encode()]
        return _NOBODY
