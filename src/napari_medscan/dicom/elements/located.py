"""What a data set holds and where: its top level, and sequences that were not read at first."""

from __future__ import annotations

from napari_medscan.dicom.elements.element_head import (
    ITEM_GROUP,
    LONG_HEAD,
    SHORT_HEAD,
    SHORT_VRS,
    UNDEFINED,
)
from napari_medscan.dicom.elements.scanner import UnusualError, Walker, width_of_length
from napari_medscan.dicom.elements.values import DataSet, Deferred, Value
from napari_medscan.dicom.elements.wanted_tags import Wanted
from napari_medscan.dicom.files.source import Memory, Source


def scan_items(
    source: Source, place: Deferred, wanted: Wanted, *, explicit: bool, big_endian: bool
) -> tuple[DataSet, ...]:
    """Return the items of a sequence that was located and not read.

    Raises
    ------
    UnusualError
        When the bytes do not parse.
    """
    values: dict[int, Value] = {}
    walker = Walker(source, place.offset + place.length, big_endian=big_endian)
    walker.sequence(values, 0, b"", place.length, place.offset, wanted, explicit=explicit)
    return DataSet(values).items(0)


TopElement = tuple[int, int, int, int, bool]
"""Where an element of the top level lies, or one within an element of undefined length.

Its tag, or that of the top level for those within; offset and length of its value; bytes of the
length that stands before the value; whether it lies in the items of such an element.
"""


def top_level(head: bytes, start: int, end: int, *, explicit: bool) -> list[TopElement]:
    """Return the elements of a little endian data set in memory.

    An element of undefined length has no end but that of what it holds: its items, and the
    elements in them, of known length stand for it.

    Raises
    ------
    UnusualError
        When the bytes do not parse, or the last element does not end at `end`.
    """
    walker = Walker(Memory(head), len(head), big_endian=False, buffer=head, strict=True)
    unpack, short_vrs = walker.unpack_head, SHORT_VRS
    last = len(head) - LONG_HEAD if explicit else -1
    found: list[TopElement] = []
    position = start
    while position < end:
        if position <= last:
            # The common case of `element`, which takes three times as long to call.
            group, number, vr, length = unpack(head, position)
            if vr in short_vrs and group != ITEM_GROUP:
                found.append((group << 16 | number, position + SHORT_HEAD, length, 2, False))
                position += SHORT_HEAD + length
                continue
        tag, vr, length, offset = walker.element(position, explicit=explicit)
        if length != UNDEFINED:
            found.append((tag, offset, length, width_of_length(vr), False))
            position = offset + length
            continue
        inner: list[tuple[int, int, int]] = []
        position = walker.skip(offset, vr, length, explicit=explicit, inner=inner)
        found += [(tag, *place, True) for place in inner]
    if position != end:
        raise UnusualError("an element does not end where the next one starts")
    return found
