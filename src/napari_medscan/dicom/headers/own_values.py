"""What a file has of its own, when all else of its header is that of another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from napari_medscan.dicom.elements.part10 import ScannedFile
from napari_medscan.dicom.elements.values import DataSet, Element, Value
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.headers.attribute import Attribute, attributes_of
from napari_medscan.dicom.headers.diffusion import (
    DIFFUSION_NAMES,
    WANTED_DIFFUSION,
    read_diffusion,
)
from napari_medscan.dicom.headers.dimensions import ALONE, TEXTS, WANTED_DIMENSIONS, read_alone
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.functional_groups import read_frame_headers
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.intensity_facts import FrameValues, stored_values_of
from napari_medscan.dicom.headers.parsed_file import ParsedFile, identifiers_of
from napari_medscan.dicom.headers.places import valid_position
from napari_medscan.dicom.headers.unreadable import find_grid_problems
from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.space.vectors import Vector

_Values = dict[str, Any]
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
    (Tag.AcquisitionDate, Tag.AcquisitionTime, Tag.ActualFrameDuration, Tag.FrameReferenceTime)
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
    vrs : mapping of int to bytes
        How to read the elements that may differ.
    """

    def __init__(self, header: ImageHeader, scanned: ScannedFile, vrs: Mapping[int, bytes]) -> None:
        data_set, self._scanned = scanned.data_set, scanned
        self._data_set, self._vrs, self._frame = data_set, vrs, header.frames[0]
        self._stored = stored_values_of(data_set, header.kind, header.layout)
        # Nothing of the grid is among the values that vary.
        self._grid_problems = find_grid_problems(data_set, header.frames[0].spacing)
        self._identifiers = identifiers_of(data_set)
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

    def read(self, changed: Mapping[int, bytes]) -> tuple[_Values, FrameHeader]:
        """Return the attributes that differ, and the frame.

        Parameters
        ----------
        changed : mapping of int to bytes
            Values of the elements that differ.
        """
        needs_all = self._is_pet and not VARYING_PET.isdisjoint(changed)
        found = self._plain_values(changed) if self._is_plain and not needs_all else None
        return found or self._any_values(changed)

    def _plain_values(self, changed: Mapping[int, bytes]) -> tuple[_Values, FrameHeader] | None:
        """Return what differs from the template's file, by the shortest way.

        None when more may follow from the values that differ than what each is read for, or one of
        the usual ones is written in an unusual manner.
        """
        own: _Values = {}
        frame: _Values = {}
        told: dict[str, object] = {}
        of_series: dict[int, bytes] = {}
        others = False
        try:
            for tag, data in changed.items():
                if tag == _POSITION:
                    frame["position"] = _plain_position(data)
                elif tag == _LOCATION:
                    frame["slice_location"] = data
                elif tag == _NUMBER:
                    own["instance_number"] = number = _plain_number(data)
                    frame["order"] = (number,)
                elif tag == _INSTANCE:
                    own["sop_instance"] = _plain_text(data)
                elif tag in ALONE:
                    told[ALONE[tag]] = self._alone(tag, data)
                    others = others or tag in _TOGETHER
                elif tag in _TOGETHER:
                    others = True
                elif tag in _OWN_TAGS:
                    of_series[tag] = data
                else:
                    return None
            if others:
                self._add_together(changed, frame, told)
        except (KeyError, ValueError):
            return None
        if told:
            frame["dimensions"] = self._dimensions(told)
        return own | self._own_of_series(of_series), self._frame.like(**frame)

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

    def _dimensions(self, told: Mapping[str, object]) -> dict[str, object]:
        """Return all dimensions, of which those that are None are absent."""
        both = {**self._frame.dimensions, **told}
        for name, value in told.items():
            if value is None:
                del both[name]
        return both

    def _alone(self, tag: int, data: bytes) -> object:
        """Return a dimension that follows from one element, None when it has no value."""
        if tag in TEXTS:
            return _plain_text(data)
        key = tag, data
        if key not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            element = DataSet({tag: Element(self._vrs[tag], data)})
            self._known[key] = read_alone(element, tag)
        return self._known[key]

    def _add_together(
        self, changed: Mapping[int, bytes], frame: _Values, told: dict[str, object]
    ) -> None:
        """Add what follows from several elements; raise ValueError when more does."""
        data_set = self._with(changed)
        if not WANTED_DIFFUSION.keys().isdisjoint(changed):
            told |= dict.fromkeys(DIFFUSION_NAMES) | read_diffusion(data_set)
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
        own = self._own_values(changed)
        if self._is_pet and not VARYING_PET.isdisjoint(changed):
            own["suv"], own["no_suv"] = file.suv
        return own, frame


def _plain_position(data: bytes) -> Vector:
    x, y, z = map(float, data.split(b"\\"))
    place = valid_position((x, y, z))
    # Python reads "1_0" as ten.
    if place is None or b"_" in data:
        raise ValueError(_UNUSUAL)
    return place


def _plain_number(data: bytes) -> int:
    if b"_" in data or len(data) > _LONGEST_NUMBER:
        raise ValueError(_UNUSUAL)
    return int(data)


def _plain_text(data: bytes) -> str:
    text = data.decode("latin-1").strip(" \0")
    if not text or "\\" in text:
        raise ValueError(_UNUSUAL)
    return text
