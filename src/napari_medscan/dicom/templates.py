"""Reading many headers by what they have in common.

The files of a series differ in a handful of values: number, position, times.
Once one of them has been scanned, another is recognised by comparing all bytes
but those, and only the values that differ are read again. Whatever does not
match byte for byte is scanned in full, so that nothing is ever guessed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from napari_medscan.dicom.frame_headers import read_frame_headers, valid_position
from napari_medscan.dicom.header import FrameHeader, Header
from napari_medscan.dicom.parse_header import header_of, identifiers_of
from napari_medscan.dicom.part10 import ScannedFile, scan_file
from napari_medscan.dicom.scanner import PixelElement, TopElement, UnusualError, top_level
from napari_medscan.dicom.source import DicomBytes
from napari_medscan.dicom.tags import DEFER, WANTED, Tag
from napari_medscan.dicom.values import DataSet, Element, Value

HEAD: Final = 8192
"""Bytes read of each file; longer headers are scanned in full."""
MAX_TEMPLATES: Final = 12
"""Templates kept, the last used first: one a series, as files come in their order."""

_PLAIN = frozenset(
    (
        Tag.SOPInstanceUID,
        Tag.InstanceNumber,
        Tag.ImagePositionPatient,
        Tag.AcquisitionDate,
        Tag.AcquisitionTime,
        Tag.AcquisitionDateTime,
        Tag.ContentDate,
        Tag.ContentTime,
    )
)
"""Values that nearly every file of a series has of its own."""
_VARYING = _PLAIN | {
    Tag.AcquisitionNumber,
    Tag.DiffusionBValue,
    Tag.DiffusionGradientOrientation,
    Tag.EchoNumbers,
    Tag.EchoTime,
    Tag.FrameReferenceTime,
    Tag.GEBValue,
    Tag.PhilipsBValue,
    Tag.RescaleIntercept,
    Tag.RescaleSlope,
    Tag.SiemensBValue,
    Tag.TemporalPositionIdentifier,
    Tag.TriggerTime,
    Tag.WindowCenter,
    Tag.WindowWidth,
}
_META_NEEDED = frozenset((Tag.TransferSyntaxUID, Tag.MediaStorageSOPClassUID))


class HeaderReader:
    """Reads the headers of many files, the sooner the more they are alike."""

    def __init__(self) -> None:
        self._templates: list[_Template] = []

    def read(self, path: Path, name: str) -> Header:
        """Read the header of one image file; see `parse_header.read_header`."""
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            head = os.read(descriptor, HEAD)
            size = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
        for index, template in enumerate(self._templates):
            header = template.header_of(head, size, path, name)
            if header is not None:
                if index:
                    self._templates.insert(0, self._templates.pop(index))
                return header
        scanned = scan_file(path)
        header = header_of(scanned, name)
        learned = _learned(scanned, header, head)
        if learned is not None:
            self._templates.insert(0, learned)
            del self._templates[MAX_TEMPLATES:]
        return header


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """A value that may differ, and what stands between the one before and it.

    Parameters
    ----------
    before : bytes
        All bytes from the end of the field before to this one's length.
    width : int
        Bytes of its length, 2 or 4.
    tag : int
        The element, 0 when scanning does not read its value.
    vr : bytes
        How to read it.
    data : bytes
        The value in the file that the template was learned from.
    """

    before: bytes
    width: int
    tag: int = 0
    vr: bytes = b""
    data: bytes = b""


@dataclass(frozen=True, slots=True, eq=False)
class _Template:
    """A header, and what another file must share with it to be like it.

    Parameters
    ----------
    header : Header
        Of the file it was learned from.
    data_set : DataSet
        That file's wanted elements.
    pixels : PixelElement
        That file's pixel data.
    fields : tuple of _Field
        Values that may differ, in the order of the file.
    after : bytes
        What stands between the last of them and the pixels.
    """

    header: Header
    data_set: DataSet
    pixels: PixelElement
    fields: tuple[_Field, ...]
    after: bytes

    def header_of(self, head: bytes, size: int, path: Path, name: str) -> Header | None:
        """Return the header of a file that starts with `head`, None if it is not alike."""
        position = 0
        changed: dict[int, Value] = {}
        for field in self.fields:
            length_at = position + len(field.before)
            if head[position:length_at] != field.before:
                return None
            value_at = length_at + field.width
            position = value_at + int.from_bytes(head[length_at:value_at], "little")
            if field.tag and (data := head[value_at:position]) != field.data:
                changed[field.tag] = Element(field.vr, data)
        end = position + len(self.after)
        if head[position:end] != self.after or end + (self.pixels.length or 1) > size:
            return None
        data_set = DataSet({**self.data_set.values, **changed})
        return replace(
            self.header,
            name=name,
            source=DicomBytes(path),
            size=size,
            sop_instance=data_set.text(Tag.SOPInstanceUID),
            instance_number=data_set.integer(Tag.InstanceNumber),
            pixels=replace(self.pixels, offset=end),
            frames=(self._frame(data_set, plain=changed.keys() <= _PLAIN),),
        )

    def _frame(self, data_set: DataSet, *, plain: bool) -> FrameHeader:
        base = self.header.frames[0]
        if not plain:
            (frame,) = read_frame_headers(
                data_set,
                frames=1,
                signed=self.header.layout.signed,
                spacing=base.spacing,
                identifiers=identifiers_of(data_set),
            )
            return frame
        time = data_set.text(Tag.ContentTime)
        return FrameHeader(
            position=valid_position(data_set.numbers(Tag.ImagePositionPatient)),
            orientation=base.orientation,
            spacing=base.spacing,
            transform=base.transform,
            windows=base.windows,
            dimensions={**base.dimensions, "ContentTime": time} if time else base.dimensions,
            order=(data_set.integer(Tag.InstanceNumber) or 0,),
            segment=base.segment,
        )


def _learned(scanned: ScannedFile, header: Header, head: bytes) -> _Template | None:
    """Return a template of a single-frame file whose whole header is in `head`."""
    pixels, start = scanned.pixels, scanned.start
    if pixels is None or start is None or pixels.offset > len(head) or header.notes:
        return None
    one_slice = len(header.frames) == 1 and header.tile_shape is None
    plain = scanned.source.deflated_at is None and not scanned.data_set.big_endian
    if not one_slice or not plain or header.offset_table is not None:
        return None
    # Before the pixels stand their tag, representation and length.
    end = pixels.offset - (12 if scanned.explicit else 8)
    try:
        elements = top_level(head, start, end, explicit=scanned.explicit)
        meta_start = 132 if head[128:132] == b"DICM" else 0
        meta = top_level(head, meta_start, start, explicit=True)
    except UnusualError:
        return None
    fields, position = [], 0
    for element in (*meta, *elements):
        value = scanned.data_set.values.get(element.tag)
        length_at = element.offset - element.width
        if element.tag in _VARYING and isinstance(value, Element):
            before = head[position:length_at]
            fields.append(_Field(before, element.width, element.tag, value.vr, value.data))
        elif _is_passed_over(element):
            fields.append(_Field(head[position:length_at], element.width))
        else:
            continue
        position = element.offset + element.length
    after = head[position : pixels.offset]
    return _Template(header, scanned.data_set, pixels, tuple(fields), after)


def _is_passed_over(element: TopElement) -> bool:
    """Whether scanning reads nothing of an element's value.

    One of undefined length is walked, to find its end.
    """
    if element.tag in _META_NEEDED or element.undefined:
        return False
    return WANTED.get(element.tag, DEFER) is DEFER
