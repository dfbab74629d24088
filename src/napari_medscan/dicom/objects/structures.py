"""What an RT Structure Set says of its regions, and their contours (PS3.3 C.8.8.5 and C.8.8.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import chain, count, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.values import EMPTY, DataSet
from napari_medscan.dicom.elements.wanted_tags import Wanted
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.parsed_file import identifiers_of
from napari_medscan.dicom.objects.segments import color_of

CLOSED, OPEN, POINT = "CLOSED_PLANAR", "OPEN_PLANAR", "POINT"
"""Contour Geometric Types (PS3.3 C.8.8.6.1)."""
_CLOSED_TYPES = ("", CLOSED, "CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR")
"""Those of closed contours, all of which are combined by the even-odd rule (PS3.3 C.8.8.6.3)."""


class _Tag(IntEnum):
    SpecificCharacterSet = 0x00080005
    PatientName = 0x00100010
    PatientID = 0x00100020
    PatientBirthDate = 0x00100030
    SeriesInstanceUID = 0x0020000E
    FrameOfReferenceUID = 0x00200052
    ReferencedFrameOfReferenceSequence = 0x30060010
    RTReferencedStudySequence = 0x30060012
    RTReferencedSeriesSequence = 0x30060014
    StructureSetROISequence = 0x30060020
    ROINumber = 0x30060022
    ReferencedFrameOfReferenceUID = 0x30060024
    ROIName = 0x30060026
    ROIDisplayColor = 0x3006002A
    ROIContourSequence = 0x30060039
    ContourSequence = 0x30060040
    ContourGeometricType = 0x30060042
    ContourData = 0x30060050
    RTROIObservationsSequence = 0x30060080
    ReferencedROINumber = 0x30060084
    RTROIInterpretedType = 0x300600A4


_WANTED: Wanted = {
    _Tag.SpecificCharacterSet: b"CS",
    _Tag.PatientName: b"PN",
    _Tag.PatientID: b"LO",
    _Tag.PatientBirthDate: b"DA",
    _Tag.FrameOfReferenceUID: b"UI",
    _Tag.ReferencedFrameOfReferenceSequence: {
        _Tag.FrameOfReferenceUID: b"UI",
        _Tag.RTReferencedStudySequence: {
            _Tag.RTReferencedSeriesSequence: {_Tag.SeriesInstanceUID: b"UI"}
        },
    },
    _Tag.StructureSetROISequence: {
        _Tag.ROINumber: b"IS",
        _Tag.ReferencedFrameOfReferenceUID: b"UI",
        _Tag.ROIName: b"LO",
    },
    _Tag.ROIContourSequence: {
        _Tag.ROIDisplayColor: b"IS",
        _Tag.ContourSequence: {_Tag.ContourGeometricType: b"CS"},
        _Tag.ReferencedROINumber: b"IS",
    },
    _Tag.RTROIObservationsSequence: {
        _Tag.ReferencedROINumber: b"IS",
        _Tag.RTROIInterpretedType: b"CS",
    },
}
_WANTED_CONTOURS: Wanted = {
    _Tag.StructureSetROISequence: {_Tag.ROINumber: b"IS"},
    _Tag.ROIContourSequence: {
        _Tag.ContourSequence: {_Tag.ContourGeometricType: b"CS", _Tag.ContourData: b"DS"},
        _Tag.ReferencedROINumber: b"IS",
    },
}


@dataclass(frozen=True, slots=True)
class Roi:
    """One region of interest.

    Parameters
    ----------
    number : int
        ROI Number; a free one if it has none, or one that a region before it has.
    name : str
        ROI Name, cleaned; its number if it has none.
    color : tuple of float
        Red, green and blue between 0 and 1: ROI Display Color, else one of its own.
    interpreted_type : str
        RT ROI Interpreted Type: "ORGAN", "PTV", "EXTERNAL" …; '' when absent.
    contours : int
        How many contours it has.
    """

    number: int
    name: str
    color: tuple[float, float, float]
    interpreted_type: str = ""
    contours: int = 0


@dataclass(frozen=True, slots=True)
class Contour:
    """One contour.

    Parameters
    ----------
    geometric_type : str
        Contour Geometric Type: "CLOSED_PLANAR", also for CLOSEDPLANAR_XOR, "OPEN_PLANAR", "POINT" …
    points : ndarray, shape (points, 3)
        LPS, mm.
    """

    geometric_type: str
    points: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StructureFacts:
    """What a structure set says of the regions in one frame of reference, their contours apart.

    Parameters
    ----------
    rois : tuple of Roi
        By number, those without contours as well.
    frame_of_reference : str
        Of the contours; '' when absent.
    series : tuple of str
        UIDs of the series that it refers to.
    elsewhere : frozenset of int
        ROI numbers of the regions in other frames of reference.
    """

    rois: tuple[Roi, ...]
    frame_of_reference: str
    series: tuple[str, ...] = field(default=(), repr=False)
    elsewhere: frozenset[int] = field(default=frozenset(), repr=False)


def read_structure_facts(file: FileRef) -> tuple[StructureFacts, ...]:
    """Read what a structure set says, its contours apart: once for each frame of reference.

    Each region has a Referenced Frame of Reference UID (PS3.3 C.8.8.5); contours in different ones
    cannot be compared. A file without regions has one set of facts.

    Raises
    ------
    MedscanError, OSError
        When the file cannot be read.
    """
    data_set = scan_file(file, _WANTED).data_set
    references = data_set.items(_Tag.ReferencedFrameOfReferenceSequence)
    regions = _regions(data_set)
    named = (
        data_set.uid(_Tag.FrameOfReferenceUID),
        *(each.described.uid(_Tag.ReferencedFrameOfReferenceUID) for each in regions.values()),
        *(item.uid(_Tag.FrameOfReferenceUID) for item in references),
    )
    usual = next(filter(None, named), "")
    by_frame: dict[str, list[Roi]] = {}
    for roi in _rois(data_set, regions):
        described = regions[roi.number].described
        frame = described.uid(_Tag.ReferencedFrameOfReferenceUID) or usual
        by_frame.setdefault(frame, []).append(roi)
    return tuple(
        StructureFacts(
            tuple(rois),
            frame,
            tuple(_series(references, frame)),
            frozenset(regions) - {roi.number for roi in rois},
        )
        for frame, rois in (by_frame or {usual: []}).items()
    )


def _rois(data_set: DataSet, regions: Mapping[int, _Region]) -> Iterator[Roi]:
    """Yield the regions by number."""
    charsets, identifiers = data_set.texts(_Tag.SpecificCharacterSet), identifiers_of(data_set)
    for number, (described, drawn, observed) in sorted(regions.items()):
        rgb = drawn[0].integers(_Tag.ROIDisplayColor) if drawn else ()
        red, green, blue = rgb if len(rgb) == 3 else (0, 0, 0)
        own = (red / 255, green / 255, blue / 255)
        is_color = len(rgb) == 3 and max(own) <= 1 and min(own) >= 0
        name = clean(decode(described.data(_Tag.ROIName), charsets), identifiers)
        yield Roi(
            number,
            name or f"ROI {number}",
            own if is_color else color_of(number),
            next((item.text(_Tag.RTROIInterpretedType) for item in observed), ""),
            sum(len(item.items(_Tag.ContourSequence)) for item in drawn),
        )


def _series(references: Sequence[DataSet], frame_of_reference: str) -> Iterator[str]:
    """Yield the UIDs of the series that a structure set refers to in a frame of reference."""
    for reference in references:
        if reference.uid(_Tag.FrameOfReferenceUID) in ("", frame_of_reference):
            for study in reference.items(_Tag.RTReferencedStudySequence):
                for item in study.items(_Tag.RTReferencedSeriesSequence):
                    if uid := item.uid(_Tag.SeriesInstanceUID):
                        yield uid


def read_contours(file: FileRef) -> dict[int, list[Contour]]:
    """Read all contours of a structure set, by ROI Number.

    Contours without three numbers for each point are left out.

    Raises
    ------
    MedscanError, OSError
        When the file cannot be read.
    """
    data_set = scan_file(file, _WANTED_CONTOURS).data_set
    found: dict[int, list[Contour]] = {}
    for number, region in _regions(data_set).items():
        contours = found.setdefault(number, []) if region.drawn else []
        for contour in chain.from_iterable(i.items(_Tag.ContourSequence) for i in region.drawn):
            numbers = contour.numbers(_Tag.ContourData)
            if numbers and len(numbers) % 3 == 0:
                kind = contour.text(_Tag.ContourGeometricType)
                points = np.array(numbers).reshape(-1, 3)
                contours.append(Contour(CLOSED if kind in _CLOSED_TYPES else kind, points))
    return found


class _Region(NamedTuple):
    """Items of one region: what describes it, its contours, and what was observed of it."""

    described: DataSet
    drawn: list[DataSet]
    observed: list[DataSet]


def _regions(data_set: DataSet) -> dict[int, _Region]:
    """Return the regions of a structure set, each by a number of its own.

    Regions that share a ROI Number, or have none, take the contours and observations of that number
    in turn, the last one the rest. Contours of a region that is not described are one as well.
    """
    described = _numbered(data_set, _Tag.StructureSetROISequence, _Tag.ROINumber)
    drawn = _numbered(data_set, _Tag.ROIContourSequence, _Tag.ReferencedROINumber)
    observed = _numbered(data_set, _Tag.RTROIObservationsSequence, _Tag.ReferencedROINumber)
    numbers, used = ([number for number, _ in each] for each in (described, drawn))
    described += [(None, EMPTY)] * (used.count(None) - numbers.count(None))
    described += [(n, EMPTY) for n in dict.fromkeys(used) if n is not None and n not in numbers]
    free = count(max((n for n, _ in described if n is not None), default=0) + 1)
    regions: dict[int, _Region] = {}
    same: dict[int | None, list[_Region]] = {}
    for number, item in described:
        own = next(free) if number is None or number in regions else number
        regions[own] = _Region(item, [], [])
        same.setdefault(number, []).append(regions[own])
    for items in (drawn, observed):
        turns = {number: chain(each, repeat(each[-1])) for number, each in same.items()}
        for number, item in items:
            if number in turns:
                region = next(turns[number])
                (region.drawn if items is drawn else region.observed).append(item)
    return regions


def _numbered(data_set: DataSet, sequence: int, number: int) -> list[tuple[int | None, DataSet]]:
    return [(item.integer(number), item) for item in data_set.items(sequence)]
