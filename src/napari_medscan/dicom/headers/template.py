"""Reading many headers by what they have in common.

The files of a series differ in a handful of values: number, position, times.
Once one of them has been scanned, another is recognized by comparing all bytes
but those, and only the values that differ are read again, of many files at once. Whatever
does not match byte for byte is scanned in full, so that nothing is ever guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from napari_medscan.dicom.elements.located import top_level
from napari_medscan.dicom.elements.part10 import ScannedFile
from napari_medscan.dicom.elements.private_elements import (
    ODD_GROUP,
    PrivateBlocks,
    is_private_creator,
)
from napari_medscan.dicom.elements.scanner import UnusualError
from napari_medscan.dicom.elements.values import Element
from napari_medscan.dicom.elements.wanted_tags import DEFER, Tag
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.like_header import OpenedFile
from napari_medscan.dicom.headers.own_values import PLAIN, VARYING, VARYING_PET, OwnValues
from napari_medscan.dicom.headers.parse_header import WANTED
from napari_medscan.dicom.headers.retired_place import WANTED_RETIRED_PLACE
from napari_medscan.dicom.headers.template_runs import Field, Run, find_differences, split_into_runs
from napari_medscan.dicom.intensity.suv import WANTED_SUV

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
        self._fields, self._after = fields, after
        known = {field.tag: Element(field.vr, field.data) for field in fields if field.tag}
        self._own = OwnValues(header, scanned, known)
        # Which values and lengths differ, the files that are compared will show.
        self._values: set[int] = set()
        self._lengths: set[int] = set()
        self._runs: tuple[Run, ...] = ()
        self._tags: tuple[int, ...] = ()
        # An encapsulated frame takes 8 bytes at least.
        self._least = 8 if header.pixels.length is None else header.pixels.length

    def headers_of(self, files: Sequence[OpenedFile]) -> list[ImageHeader]:
        """Return the headers of the first files, as far as they are alike: none, or some."""
        ends, values = self._matches(files)
        if not ends and self._learn_differences(files[0].head):
            ends, values = self._matches(files)
        alike = files[: len(ends)]
        return self._own.headers_of(alike, ends, self._tags, values) if ends else []

    def _matches(self, files: Sequence[OpenedFile]) -> tuple[list[int], list[list[bytes]]]:
        """Return where the headers end of the first files that are alike, and their own values."""
        ends, own = [], []
        for _, _, size, head in files:
            values: list[bytes] = []
            end = self._compare(head, values)
            if end is None or end + self._least > size:
                break
            ends.append(end)
            own.append(values)
        return ends, own

    def _compare(self, head: bytes, values: list[bytes]) -> int | None:
        """Return where the header ends, None when it is another; take the values that differ."""
        if not self._runs:
            return None
        position = 0
        for length, parts, expected, taken, _, last in self._runs:
            run = head[position : position + length]
            if parts(run) != expected:
                return None
            values += taken(run)
            position += length
            if last is not None:
                value_at = position + last[0]
                position = value_at + int.from_bytes(head[position:value_at], "little")
                values.append(head[value_at:position])
        return position

    def _learn_differences(self, head: bytes) -> bool:
        """Note which fields differ in `head`; False when more than fields do."""
        values, lengths = set(self._values), set(self._lengths)
        end = find_differences(head, self._fields, values, lengths)
        if end is None or not head.startswith(self._after, end):
            return False
        self._values, self._lengths = values, lengths
        self._runs = split_into_runs(self._fields, values, lengths, self._after)
        self._tags = tuple(tag for run in self._runs for tag in run.all_tags)
        return True


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
    if scanned.data_set.has_value(Tag.ImageOrientationPatient):
        # Files that are alike have it, so that nothing comes of what it has replaced.
        read = read - WANTED_RETIRED_PLACE.keys()
    blocks = PrivateBlocks(scanned.data_set.data(Tag.Manufacturer))
    seen: set[int] = set()
    known = scanned.data_set.values
    for tag, offset, length, width, within in (*meta, *elements):
        key = tag
        if tag & ODD_GROUP:
            # A Private Creator decides what other elements are: it keeps its tag, and must not
            # differ.
            if is_private_creator(tag):
                blocks.reserve(tag, head[offset : offset + length])
            else:
                key = blocks.key_of(tag)
        value = None if within else known.get(key)
        if value is not None and key in seen:
            # Which of two is read is for the scanner to decide.
            return None
        seen.add(key)
        end = offset + length
        if isinstance(value, Element) and _varies(key, value.vr, pet=pet):
            fields.append(Field(head[position:end], width, length, key, value.vr))
        elif key not in read and not (key & ODD_GROUP and is_private_creator(key)):
            fields.append(Field(head[position:end], width, length))
        else:
            continue
        position = end
    after = head[position : pixels.offset]
    return Template(header, scanned, tuple(fields), after)


def _varies(tag: int, vr: bytes, *, pet: bool) -> bool:
    return (tag in VARYING and PLAIN.get(tag, vr) == vr) or (pet and tag in VARYING_PET)
