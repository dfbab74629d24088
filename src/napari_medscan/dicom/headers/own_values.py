"""What a file has of its own, when all else of its header is that of another one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from napari_medscan.dicom.elements.part10 import ScannedFile
from napari_medscan.dicom.elements.values import DataSet, Element, Value
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.headers.attribute import Attribute, attributes_of
from napari_medscan.dicom.headers.diffusion import (
    DIFFUSION_NAMES,
    WANTED_DIFFUSION,
    read_diffusion,
    read_velocity,
)
from napari_medscan.dicom.headers.dimensions import ALONE, TEXTS, WANTED_DIMENSIONS, read_alone
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.functional_groups import read_frame_headers
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.intensity_facts import FrameValues, stored_values_of
from napari_medscan.dicom.headers.like_header import OpenedFile, OwnColumns
from napari_medscan.dicom.headers.parsed_file import ParsedFile, identifiers_of
from napari_medscan.dicom.headers.unreadable import find_grid_problems
from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.intensity.scaling import StoredValues
from napari_medscan.dicom.space.locations import FARTHEST
from napari_medscan.dicom.space.vectors import Vector

_Values = dict[str, Any]
_Columns = Mapping[int, Sequence[bytes]]
"""Values of elements, one a file."""
PLAIN: Final[dict[int, bytes]] = {
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
"""Attributes that a file, or the series of a file, may have of its own."""
_OWN_TAGS: Final = frozenset(tag for each in _OWN.values() for tag in each.wanted)
_RESCALE: Final = frozenset((Tag.RescaleIntercept, Tag.RescaleSlope))
_TOGETHER: Final = _WINDOW | _RESCALE | WANTED_DIFFUSION.keys()
"""Values of which several make one fact."""
_GROUPS: Final = frozenset(
    (
        Tag.SharedFunctionalGroupsSequence,
        Tag.PerFrameFunctionalGroupsSequence,
        Tag.GridFrameOffsetVector,
        Tag.DetectorInformationSequence,
    )
)
_ONE_BY_ONE: Final = frozenset(map(int, (*PLAIN, *ALONE))) - frozenset(map(int, _TOGETHER))
"""Values of which each makes a fact by itself, and that every file may have of its own."""
_MOST_KNOWN: Final = 1024
VARYING: Final = {
    *PLAIN,
    *_WINDOW,
    *_RESCALE,
    *_OWN_TAGS,
    # Image Type decides on more than the order of frames.
    *(tag for tag in WANTED_DIMENSIONS if tag != Tag.ImageType),
}
VARYING_PET: Final = frozenset(
    (
        Tag.AcquisitionDate,
        Tag.AcquisitionTime,
        Tag.ActualFrameDuration,
        Tag.CorrectedImage,
        Tag.FrameReferenceTime,
    )
)
"""Those that SUV depends on."""


class OwnValues:
    """Reads what differs from a file whose header is known.

    Parameters
    ----------
    header : ImageHeader
        Of that file, of one frame.
    scanned : ScannedFile
        That file.
    known : mapping of int to Element
        The values that may differ, as that file has them.
    """

    def __init__(
        self, header: ImageHeader, scanned: ScannedFile, known: Mapping[int, Element]
    ) -> None:
        data_set, self._scanned, self._header = scanned.data_set, scanned, header
        self._data_set, self._elements, self._frame = data_set, known, header.frames[0]
        frame = self._frame
        self._is_pet = header.kind.measures == "uptake"
        # Functional groups replace what the top level says, problems and mappings depend on more.
        self._is_plain = (
            not frame.problems
            and not frame.real_world
            and frame.transform.state != "unreadable"
            and _GROUPS.isdisjoint(data_set.values)
        )
        self._known: dict[tuple[int, bytes], object] = {}
        self._series: dict[tuple[tuple[int, bytes], ...], _Values] = {}
        self._transforms: dict[tuple[bytes, bytes], ModalityTransform] = {}

    @cached_property
    def _stored(self) -> StoredValues:
        return stored_values_of(self._data_set, self._header.kind, self._header.layout)

    @cached_property
    def _grid_problems(self) -> tuple[str, ...]:
        # Nothing of the grid is among the values that vary.
        return find_grid_problems(self._data_set, self._frame.spacing)

    @cached_property
    def _identifiers(self) -> tuple[str, ...]:
        return identifiers_of(self._data_set)

    def headers_of(
        self,
        files: Sequence[OpenedFile],
        ends: Sequence[int],
        tags: Sequence[int],
        values: Sequence[Sequence[bytes]],
    ) -> list[ImageHeader]:
        """Return the headers of files that are like the one that is known.

        Parameters
        ----------
        files : sequence of OpenedFile
            The files.
        ends : sequence of int
            Where their headers end, and their pixels begin.
        tags : sequence of int
            Elements that they may have of their own; 0 for one that nothing depends on.
        values : sequence of sequence of bytes
            Of each file, the value of each element.
        """
        columns = {
            tag: column
            for tag, column in zip(tags, zip(*values, strict=True), strict=True)
            if tag and column.count(self._elements[tag].data) < len(column)
        }
        if self._is_plain:
            try:
                return self._plain_headers(columns, files, ends)
            except (KeyError, ValueError):
                # More than what each is read for may follow from the values that differ, or one of
                # the usual ones is written in an unusual manner: perhaps in one of the files only.
                if len(files) > 1:
                    rows = zip(files, ends, values, strict=True)
                    return [self.headers_of([f], [end], tags, [own])[0] for f, end, own in rows]
        return [
            self._any_header({tag: column[row] for tag, column in columns.items()}, file, end)
            for row, (file, end) in enumerate(zip(files, ends, strict=True))
        ]

    def _plain_headers(
        self, columns: _Columns, files: Sequence[OpenedFile], ends: Sequence[int]
    ) -> list[ImageHeader]:
        """Return headers by the shortest way; raise KeyError or ValueError if it leads nowhere."""
        alone = _ONE_BY_ONE - VARYING_PET if self._is_pet else _ONE_BY_ONE
        own = {tag: column for tag, column in columns.items() if tag in alone}
        shared = {tag: column for tag, column in columns.items() if tag not in alone}
        if not shared:
            return self._columns(self._header, own, ends).headers(files)
        rows: dict[tuple[bytes, ...], list[int]] = defaultdict(list)
        for row, key in enumerate(zip(*shared.values(), strict=True)):
            rows[key].append(row)
        found: dict[int, ImageHeader] = {}
        for key, numbers in rows.items():
            base = self._base(dict(zip(shared, key, strict=True)))
            part = {tag: [column[row] for row in numbers] for tag, column in own.items()}
            like = self._columns(base, part, [ends[row] for row in numbers])
            headers = like.headers([files[row] for row in numbers])
            found |= zip(numbers, headers, strict=True)
        return [found[row] for row in range(len(files))]

    def _columns(self, base: ImageHeader, columns: _Columns, ends: Sequence[int]) -> OwnColumns:
        """Return what some files have of their own; raise ValueError when it is odd."""
        found: _Values = dict.fromkeys(("instances", "numbers", "positions", "slice_locations"))
        told: dict[str, Sequence[object]] = {}
        for tag, column in columns.items():
            if tag == _POSITION:
                found["positions"] = _plain_positions(column)
            elif tag == _LOCATION:
                found["slice_locations"] = column
            elif tag == _NUMBER:
                found["numbers"] = _plain_numbers(column)
            elif tag == _INSTANCE:
                found["instances"] = _plain_texts(column)
            elif tag in TEXTS:
                told[ALONE[tag]] = _plain_texts(column)
            else:
                told[ALONE[tag]] = [self._alone(tag, data) for data in column]
        return OwnColumns(base, ends, dimensions=told, **found)

    def _base(self, changed: Mapping[int, bytes]) -> ImageHeader:
        """Return the known header with values that many files have in common.

        Raises
        ------
        ValueError
            When more may follow from them than what each is read for.
        """
        changed = {tag: data for tag, data in changed.items() if data != self._elements[tag].data}
        of_series = {tag: data for tag, data in changed.items() if tag in _OWN_TAGS}
        of_pet = changed.keys() & VARYING_PET if self._is_pet else set()
        if not changed.keys() <= _OWN_TAGS | _TOGETHER | of_pet:
            raise ValueError(_UNUSUAL)
        frame: _Values = {}
        if len(of_series) < len(changed):
            told = {ALONE[t]: self._alone(t, data) for t, data in changed.items() if t in ALONE}
            self._add_together(changed, frame, told)
            if told:
                both = {**self._frame.dimensions, **told}
                frame["dimensions"] = {n: v for n, v in both.items() if v is not None}
        own = self._own_of_series(of_series)
        if of_pet:
            suv, no_suv = ParsedFile(self._scanned, data_set=self._with(changed)).suv
            own = {**own, "suv": suv, "no_suv": no_suv}
        return self._header.like(frames=(self._frame.like(**frame),), **own)

    def _own_of_series(self, changed: Mapping[int, bytes]) -> _Values:
        """Return the attributes of a series that differ; its files have them in common."""
        if not changed:
            return {}
        key = tuple(changed.items())
        if key not in self._series:
            if len(self._series) >= _MOST_KNOWN:
                self._series.clear()
            self._series[key] = self._own_values(changed)
        return self._series[key]

    def _own_values(self, changed: Mapping[int, bytes]) -> _Values:
        file = ParsedFile(self._scanned, data_set=self._with(changed))
        return {
            name: each.read(file)
            for name, each in _OWN.items()
            if not each.wanted.keys().isdisjoint(changed)
        }

    def _alone(self, tag: int, data: bytes) -> object:
        """Return a dimension that follows from one element, None when it has no value."""
        if tag in TEXTS:
            return _plain_texts([data])[0]
        key = tag, data
        if key not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            element = DataSet({tag: Element(self._elements[tag].vr, data)})
            self._known[key] = read_alone(element, tag)
        return self._known[key]

    def _add_together(
        self, changed: Mapping[int, bytes], frame: _Values, told: dict[str, object]
    ) -> None:
        """Add what follows from several elements; raise ValueError when more does."""
        data_set = self._with(changed)
        if not WANTED_DIFFUSION.keys().isdisjoint(changed):
            told |= dict.fromkeys(DIFFUSION_NAMES)
            told |= read_diffusion(data_set) | read_velocity(data_set)
        transform = self._frame.transform
        values = FrameValues(data_set, self._stored, self._identifiers)
        if not _RESCALE.isdisjoint(changed):
            key = data_set.data(Tag.RescaleSlope), data_set.data(Tag.RescaleIntercept)
            if key not in self._transforms:
                self._transforms[key] = values.transform()
            frame["transform"] = transform = self._transforms[key]
            if transform.state == "unreadable":
                raise ValueError(_UNUSUAL)
        if not _RESCALE.isdisjoint(changed) or not _WINDOW.isdisjoint(changed):
            frame["windows"], problems = values.windows(data_set, transform)
            if problems:
                raise ValueError(_UNUSUAL)

    def _with(self, changed: Mapping[int, bytes]) -> DataSet:
        """Return the data set of the template's file with other values."""
        values: dict[int, Value] = dict(self._data_set.values)
        for tag, data in changed.items():
            values[tag] = Element(self._elements[tag].vr, data)
        return DataSet(values)

    def _any_header(self, values: Mapping[int, bytes], file: OpenedFile, end: int) -> ImageHeader:
        """Return the header of one file, by reading all values anew."""
        changed = {tag: data for tag, data in values.items() if data != self._elements[tag].data}
        own, frame = self._any_values(changed)
        return self._header.like(
            source=file.file,
            name=file.name,
            size=file.size,
            pixels=self._header.pixels._replace(offset=end),
            frames=(frame,),
            **own,
        )

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
        own = self._own_values(changed)
        if self._is_pet and not VARYING_PET.isdisjoint(changed):
            own["suv"], own["no_suv"] = file.suv
        return own, frame


def _plain_positions(column: Sequence[bytes]) -> list[Vector]:
    whole = b"\\".join(column)
    values = list(map(float, whole.split(b"\\")))
    has_three = {data.count(b"\\") for data in column} == {2}
    # What is no number makes none of the sum; Python reads "1_0" as ten.
    if not has_three or b"_" in whole or math.isnan(sum(values)):
        raise ValueError(_UNUSUAL)
    if max(values) >= FARTHEST or min(values) <= -FARTHEST:
        raise ValueError(_UNUSUAL)
    return list(zip(values[::3], values[1::3], values[2::3], strict=True))


def _plain_numbers(column: Sequence[bytes]) -> list[int]:
    if b"_" in b"".join(column) or max(map(len, column)) > _LONGEST_NUMBER:
        raise ValueError(_UNUSUAL)
    return list(map(int, column))


def _plain_texts(column: Sequence[bytes]) -> list[str]:
    texts = [text.strip(" \0") for text in b"\\".join(column).decode("latin-1").split("\\")]
    if "" in texts or len(texts) != len(column):
        raise ValueError(_UNUSUAL)
    return texts
