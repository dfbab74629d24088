"""Data sets with a sequence that does not end where it says, or where it should.

Writers count the bytes of a sequence wrongly, or leave out a delimiter; parsers then lose all that
follows, the image included. Here the top level is followed around such an element: what comes after
it is found by elements whose tags ascend up to the pixel data.
"""

from __future__ import annotations

from typing import Final

from napari_medscan.dicom.elements.element_head import (
    ITEM,
    LONG_VRS,
    SEQUENCE_END,
    SHORT_HEAD,
    SHORT_VRS,
    UNDEFINED,
)
from napari_medscan.dicom.elements.private_elements import ODD_GROUP
from napari_medscan.dicom.elements.scanner import (
    PIXEL_TAGS,
    PixelElement,
    Scan,
    UnusualError,
    Walker,
)
from napari_medscan.dicom.elements.values import DataSet, Element, Value
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted
from napari_medscan.dicom.files.source import Memory, Source

_DECISIVE: Final = frozenset(
    (
        Tag.ModalityLUTSequence,
        Tag.SharedFunctionalGroupsSequence,
        Tag.PerFrameFunctionalGroupsSequence,
    )
)
"""Sequences without which values or places would be others."""
_NEEDED: Final = (Tag.Rows, Tag.Columns, Tag.BitsAllocated, Tag.BitsStored, Tag.PixelRepresentation)
"""Elements without which pixels would be guessed (PS3.3 C.7.6.3)."""
_TEXTS: Final = (b"LO", b"LT", b"ST", b"UC", b"UT")
_KEPT: Final = (Tag.PatientID, Tag.Manufacturer)
_LONGEST: Final = 2**20
"""Bytes of a header that are looked at."""
_MOST: Final = 1_000_000
"""Heads of elements that are looked at: a second's work."""


def scan_around(
    source: Source, start: int, size: int, wanted: Wanted, *, explicit: bool, big_endian: bool
) -> Scan | None:
    """Scan a data set around what is damaged.

    None if no way leads to its pixel data, or what says how to read these is lost.

    Descriptions are left out: what tells a name in them from other words may be lost.

    Parameters
    ----------
    source, start, size, wanted, explicit, big_endian
        As in `scanner.scan`.
    """
    head = source.read_at(0, min(size, _LONGEST))
    follower = _Follower(head, size, explicit=explicit, big_endian=big_endian)
    parts = follower.parts(start)
    if parts is None:
        return None
    values: dict[int, Value] = {}
    for first, last in parts:
        try:
            walker = Walker(source, size, big_endian=big_endian, buffer=head)
            values |= walker.data_set(first, last, wanted, explicit=explicit)[0]
        except UnusualError:
            continue
    if any(tag not in values for tag in _NEEDED if tag in wanted):
        return None
    return Scan(_without_descriptions(DataSet(values, big_endian)), follower.pixels)


def _without_descriptions(data_set: DataSet) -> DataSet:
    values: dict[int, Value] = {}
    for tag, value in data_set.values.items():
        if isinstance(value, tuple):
            values[tag] = tuple(map(_without_descriptions, value))
        elif not isinstance(value, Element) or value.vr not in _TEXTS or tag in _KEPT:
            values[tag] = value
    return DataSet(values, data_set.big_endian)


class _Follower:
    """Follows the top level of a data set."""

    def __init__(self, head: bytes, size: int, *, explicit: bool, big_endian: bool) -> None:
        self._end, self._explicit = len(head), explicit
        self._walker = Walker(
            Memory(head), size, big_endian=big_endian, buffer=head, strict=True, budget=_MOST
        )
        self.pixels: PixelElement | None = None

    def parts(self, start: int) -> list[tuple[int, int]] | None:
        """Return where whole elements stand next to each other, None without pixel data."""
        found: list[tuple[int, int]] = []
        position = first = start
        while not self._is_pixels(position):
            end = self._next(position)
            if end is None:
                found.append((first, position))
                position = self._after_damage(position)
                if position < 0:
                    return None
                first = position
            else:
                position = end
        return [*found, (first, position)]

    def _is_pixels(self, position: int) -> bool:
        head = self._head(position)
        if head is None or head[0] not in PIXEL_TAGS:
            return False
        tag, vr, length, value_at = head
        self.pixels = PixelElement(tag, value_at, None if length == UNDEFINED else length, vr)
        return True

    def _head(self, position: int) -> tuple[int, bytes, int, int] | None:
        """Return the head of an element, of known representation if it states one."""
        if not 0 <= position <= self._end - SHORT_HEAD:
            return None
        try:
            head = self._walker.element(position, explicit=self._explicit)
        except UnusualError:
            return None
        is_known = head[1] in SHORT_VRS or head[1] in LONG_VRS or not self._explicit
        return head if is_known else None

    def _next(self, position: int) -> int | None:
        """Return where the next element of the top level starts; None if this one is damaged."""
        head = self._head(position)
        if head is None:
            return None
        tag, vr, length, value_at = head
        try:
            end = self._walker.skip(value_at, vr, length, explicit=self._explicit)
        except UnusualError:
            return None
        return end if self._follows(end, tag) else None

    def _follows(self, position: int, tag: int) -> bool:
        head = self._head(position)
        return head is not None and head[0] > tag

    def _after_damage(self, position: int) -> int:
        """Return where the element after a damaged one starts, -1 if that is not certain.

        Nor if it is none that an image can do without: a sequence, or a private element.
        """
        head = self._head(position)
        if head is None:
            return -1
        tag, vr, _, value_at = head
        if tag in _DECISIVE or not (tag & ODD_GROUP or vr in (b"SQ", b"UN", b"")):
            return -1
        end = self._after_items(value_at)
        if not self._explicit:
            # Any bytes can be the head of an element: items alone are certain.
            return end if end > value_at and self._follows(end, tag) else -1
        if self._follows(end, tag):
            return end
        places = range(value_at, self._end - SHORT_HEAD, 2)
        follows = (place for place in places if self._follows(place, tag))
        return next((place for place in follows if self._leads_to_pixels(place)), -1)

    def _after_items(self, position: int) -> int:
        """Return where the items end that stand one after another here, -1 if they do not."""
        while True:
            try:
                tag, _, length, value_at = self._walker.element(position, explicit=False)
                if tag != ITEM:
                    return value_at if tag == SEQUENCE_END else position
                if length == UNDEFINED:
                    _, position = self._walker.data_set(value_at, None, {}, explicit=self._explicit)
                else:
                    position = value_at + length
            except UnusualError:
                return -1

    def _leads_to_pixels(self, position: int | None) -> bool:
        while position is not None and not self._is_pixels(position):
            position = self._next(position)
        return position is not None
