"""Reading many headers by what they have in common.

The files of a series differ in a handful of values: number, position, times.
Once one of them has been scanned, another is recognised by comparing all bytes
but those, and only the values that differ are read again. Whatever does not
match byte for byte is scanned in full, so that nothing is ever guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from napari_medscan.dicom.elements.part10 import ScannedFile
from napari_medscan.dicom.elements.private_elements import (
    ODD_GROUP,
    PrivateBlocks,
    is_private_creator,
)
from napari_medscan.dicom.elements.scanner import TopElement, UnusualError, top_level
from napari_medscan.dicom.elements.values import DataSet, Element, Value
from napari_medscan.dicom.elements.wanted_tags import DEFER, Tag
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.attribute import Attribute, attributes_of
from napari_medscan.dicom.headers.dimensions import TEXTS, WANTED_DIMENSIONS
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.functional_groups import read_frame_headers
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.intensity_facts import FrameValues, stored_values_of
from napari_medscan.dicom.headers.parse_header import WANTED
from napari_medscan.dicom.headers.parsed_file import ParsedFile, identifiers_of
from napari_medscan.dicom.headers.places import valid_position
from napari_medscan.dicom.headers.template_runs import Field, Run, split_into_runs
from napari_medscan.dicom.headers.unreadable import find_grid_problems
from napari_medscan.dicom.intensity.suv import WANTED_SUV
from napari_medscan.dicom.intensity.window import Voi
from napari_medscan.dicom.space.vectors import Vector

_Values = dict[str, Any]
_PLAIN: Final[dict[int, bytes]] = {
    Tag.SOPInstanceUID: b"UI",
    Tag.AcquisitionTime: b"TM",
    Tag.ContentTime: b"TM",
    Tag.InstanceNumber: b"IS",
    Tag.ImagePositionPatient: b"DS",
    Tag.SliceLocation: b"DS",
}
"""Values that nearly every file of a series has of its own, as they are mostly written."""
_POSITION, _LOCATION, _NUMBER, _INSTANCE = map(
    int, (Tag.ImagePositionPatient, Tag.SliceLocation, Tag.InstanceNumber, Tag.SOPInstanceUID)
)
"""Looking a member of an enumeration up for every file takes as long as reading its value."""
_LONGEST_NUMBER: Final = 12
"""Bytes of an IS (PS3.5 table 6.2-1)."""
_UNUSUAL: Final = "a value that only the usual reading can tell"
_WINDOW: Final = frozenset((Tag.WindowCenter, Tag.WindowWidth))
"""Values that most files of an MR have of their own, and on which only windows depend."""
_OWN: Final[Mapping[str, Attribute]] = {
    name: each for name, each in attributes_of(ImageHeader).items() if each.varies
}
"""Attributes that a file may have of its own."""
_VARYING: Final = {
    *_PLAIN,
    *_WINDOW,
    Tag.RescaleIntercept,
    Tag.RescaleSlope,
    # Image Type decides on more than the order of frames.
    *(tag for tag in WANTED_DIMENSIONS if tag != Tag.ImageType),
}
_VARYING_PET: Final = frozenset(
    (Tag.AcquisitionDate, Tag.AcquisitionTime, Tag.ActualFrameDuration, Tag.FrameReferenceTime)
)
"""Those that SUV depends on."""
_META_NEEDED: Final = frozenset((Tag.TransferSyntaxUID, Tag.MediaStorageSOPClassUID))
_READ_PET: Final = _META_NEEDED | {tag for tag, want in WANTED.items() if want is not DEFER}
"""Elements that scanning reads, and that must be equal unless they may vary."""
_READ: Final = _READ_PET - {tag for tag, want in WANTED_SUV.items() if not isinstance(want, dict)}
"""Those of other modalities, where nothing comes of the attributes that SUV takes."""


class Template:
    """A header, and what another file must share with it to be like it.

    Parameters
    ----------
    header : ImageHeader
        Of the file it was learned from.
    scanned : ScannedFile
        That file.
    fields : tuple of Field
        Values that may differ, in the order of the file.
    after : bytes
        What stands between the last of them and the pixels.
    """

    def __init__(
        self,
        header: ImageHeader,
        scanned: ScannedFile,
        fields: tuple[Field, ...],
        after: bytes,
    ) -> None:
        data_set, self._scanned = scanned.data_set, scanned
        self._stored = stored_values_of(data_set, header.kind, header.layout)
        # Nothing of the grid is among the values that vary.
        self._grid_problems = find_grid_problems(data_set, header.frames[0].spacing)
        self._header, self._data_set, self._pixels = header, data_set, header.pixels
        self._frame, self._fields, self._after = header.frames[0], fields, after
        self._vrs = {field.tag: field.vr for field in fields}
        self._identifiers = identifiers_of(data_set)
        # Which values and lengths differ, the files that are compared will show.
        self._values: set[int] = set()
        self._lengths: set[int] = set()
        self._runs: tuple[Run, ...] = ()
        # An encapsulated frame takes 8 bytes at least.
        self._least = 8 if header.pixels.length is None else header.pixels.length

    def header_of(self, head: bytes, size: int, file: FileRef, name: str) -> ImageHeader | None:
        """Return the header of a file that starts with `head`, None if it is not alike."""
        changed: dict[int, bytes] = {}
        end = self._compare(head, changed)
        if end is None and self._learn_differences(head):
            changed.clear()
            end = self._compare(head, changed)
        if end is None or end + self._least > size:
            return None
        own, frame = self._plain_values(changed) or self._any_values(changed)
        pixels = self._pixels
        return self._header.like(
            name=name,
            source=file,
            size=size,
            pixels=pixels if end == pixels.offset else pixels._replace(offset=end),
            frames=(frame,),
            **own,
        )

    def _compare(self, head: bytes, changed: dict[int, bytes]) -> int | None:
        """Return where the header ends, None when it is another; note what has changed."""
        if not self._runs:
            return None
        position = 0
        for length, parts, expected, read, last in self._runs:
            run = head[position : position + length]
            if parts(run) != expected:
                return None
            for field, start, stop in read:
                if (data := run[start:stop]) != field.data:
                    changed[field.tag] = data
            position += length
            if last is not None:
                value_at = position + last.width
                position = value_at + int.from_bytes(head[position:value_at], "little")
                if last.tag and (data := head[value_at:position]) != last.data:
                    changed[last.tag] = data
        return position

    def _learn_differences(self, head: bytes) -> bool:
        """Note which fields differ in `head`; False when more than fields do."""
        position = 0
        values, lengths = set(self._values), set(self._lengths)
        for number, field in enumerate(self._fields):
            length_at = position + len(field.before)
            if head[position:length_at] != field.before:
                return False
            value_at = length_at + field.width
            length = int.from_bytes(head[length_at:value_at], "little")
            position = value_at + length
            if length != field.length:
                lengths.add(number)
            if head[value_at:position] != field.data:
                values.add(number)
        if not head.startswith(self._after, position):
            return False
        self._values, self._lengths = values, lengths
        self._runs = split_into_runs(self._fields, values, lengths, self._after)
        return True

    def _plain_values(self, changed: Mapping[int, bytes]) -> tuple[_Values, FrameHeader] | None:
        """Return what differs from the template's file, by the shortest way.

        None when other values than the plain ones and the windows do, or one of those is written
        in an unusual manner.
        """
        own: _Values = {}
        frame: _Values = {}
        times: dict[str, object] = {}
        if self._header.kind.measures == "uptake" and not _VARYING_PET.isdisjoint(changed):
            return None
        try:
            for tag, data in changed.items():
                if tag == _POSITION:
                    frame["position"] = self._plain_position(data)
                elif tag == _LOCATION:
                    frame["slice_location"] = data
                elif tag == _NUMBER:
                    own["instance_number"] = number = _plain_number(data)
                    frame["order"] = (number,)
                elif tag == _INSTANCE:
                    own["sop_instance"] = _plain_text(data)
                elif tag in _PLAIN:
                    times[TEXTS[tag]] = _plain_text(data)
                elif tag not in _WINDOW:
                    return None
            if times:
                frame["dimensions"] = {**self._frame.dimensions, **times}
            if not _WINDOW.isdisjoint(changed):
                frame["windows"] = self._windows(changed)
        except (KeyError, ValueError):
            return None
        return own, self._frame.like(**frame)

    def _plain_position(self, data: bytes) -> Vector:
        x, y, z = map(float, data.split(b"\\"))
        place = valid_position((x, y, z))
        # Python reads "1_0" as ten.
        if place is None or self._frame.problems or b"_" in data:
            raise ValueError(_UNUSUAL)
        return place

    def _windows(self, changed: Mapping[int, bytes]) -> tuple[Voi, ...]:
        """Return a file's own windows; raise ValueError when more may follow from them."""
        frame = self._frame
        data_set = self._with(changed)
        values = FrameValues(data_set, self._stored, self._identifiers)
        windows, problems = values.windows(data_set, frame.transform)
        bad_scaling = frame.real_world or frame.transform.state == "unreadable"
        if problems or frame.problems or bad_scaling:
            raise ValueError(_UNUSUAL)
        return windows

    def _with(self, changed: Mapping[int, bytes]) -> DataSet:
        """Return the data set of the template's file with other values."""
        values: dict[int, Value] = dict(self._data_set.values)
        for tag, data in changed.items():
            values[tag] = Element(self._vrs[tag], data)
        return DataSet(values)

    def _any_values(self, changed: Mapping[int, bytes]) -> tuple[_Values, FrameHeader]:
        """Return what differs from the template's file, by reading all values anew."""
        file = ParsedFile(self._scanned, data_set=self._with(changed))
        (frame,) = read_frame_headers(
            file.data_set,
            frames=1,
            values=FrameValues(file.data_set, self._stored, self._identifiers),
            spacing=self._frame.spacing,
            grid_problems=self._grid_problems,
        )
        own: _Values = {
            name: each.read(file)
            for name, each in _OWN.items()
            if not each.wanted.keys().isdisjoint(changed)
        }
        if self._header.kind.measures == "uptake" and not _VARYING_PET.isdisjoint(changed):
            own["suv"], own["no_suv"] = file.suv
        return own, frame


def _plain_number(data: bytes) -> int:
    if b"_" in data or len(data) > _LONGEST_NUMBER:
        raise ValueError(_UNUSUAL)
    return int(data)


def _plain_text(data: bytes) -> str:
    text = data.decode("latin-1").strip(" \0")
    if not text or "\\" in text:
        raise ValueError(_UNUSUAL)
    return text


def learn(scanned: ScannedFile, header: ImageHeader, head: bytes) -> Template | None:
    """Return a template of a single-frame file whose whole header is in `head`."""
    pixels, start = scanned.pixels, scanned.start
    if pixels is None or start is None or pixels.offset > len(head) or header.notes:
        return None
    one_slice = len(header.frames) == 1 and header.tile_shape is None
    plain = scanned.source.whole is None and not scanned.data_set.big_endian
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
    pet = header.kind.measures == "uptake"
    read = _READ_PET if pet else _READ
    blocks = PrivateBlocks(scanned.data_set.data(Tag.Manufacturer))
    seen: set[int] = set()
    for element in (*meta, *elements):
        key = _key(element, blocks, head) if element.tag & ODD_GROUP else element.tag
        value = None if element.within else scanned.data_set.values.get(key)
        if value is not None and key in seen:
            # Which of two is read is for the scanner to decide.
            return None
        seen.add(key)
        length_at = element.offset - element.width
        if isinstance(value, Element) and _varies(key, value.vr, pet=pet):
            before = head[position:length_at]
            known = value.data, key, value.vr
            fields.append(Field(before, element.width, element.length, *known))
        elif key not in read and not (key & ODD_GROUP and is_private_creator(key)):
            data = head[element.offset : element.offset + element.length]
            fields.append(Field(head[position:length_at], element.width, element.length, data))
        else:
            continue
        position = element.offset + element.length
    after = head[position : pixels.offset]
    return Template(header, scanned, tuple(fields), after)


def _key(element: TopElement, blocks: PrivateBlocks, head: bytes) -> int:
    """Return under which name a private element is wanted, as the scanner does.

    A Private Creator decides what other elements are: it keeps its tag, and must not differ.
    """
    tag = element.tag
    if is_private_creator(tag):
        blocks.reserve(tag, head[element.offset : element.offset + element.length])
        return tag
    return blocks.key_of(tag)


def _varies(tag: int, vr: bytes, *, pet: bool) -> bool:
    return (tag in _VARYING and _PLAIN.get(tag, vr) == vr) or (pet and tag in _VARYING_PET)
