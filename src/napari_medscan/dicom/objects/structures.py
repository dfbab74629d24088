"""What an RT Structure Set says of its regions, and their contours (PS3.3 C.8.8.5 and C.8.8.6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Wanted
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.parsed_file import identifiers_of
from napari_medscan.dicom.objects.segments import color_of

CLOSED, OPEN, POINT = "CLOSED_PLANAR", "OPEN_PLANAR", "POINT"
"""Contour Geometric Types (PS3.3 C.8.8.6.1)."""


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
        ROI Number.
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
        Contour Geometric Type: "CLOSED_PLANAR", "OPEN_PLANAR", "POINT" …
    points : ndarray, shape (points, 3)
        LPS, mm.
    """

    geometric_type: str
    points: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StructureFacts:
    """What a structure set says, its contours apart.

    Parameters
    ----------
    rois : tuple of Roi
        By number, those without contours as well.
    frame_of_reference : str
        Of the contours; '' when absent.
    series : tuple of str
        UIDs of the series that it refers to.
    """

    rois: tuple[Roi, ...]
    frame_of_reference: str
    series: tuple[str, ...] = field(default=(), repr=False)


def read_structure_facts(file: FileRef) -> StructureFacts:
    """Read what a structure set says, its contours apart.

    Raises
    ------
    MedscanError, OSError
        When the file cannot be read.
    """
    data_set = scan_file(file, _WANTED).data_set
    charsets, identifiers = data_set.texts(_Tag.SpecificCharacterSet), identifiers_of(data_set)
    drawn = _by_roi(data_set, _Tag.ROIContourSequence)
    observed = _by_roi(data_set, _Tag.RTROIObservationsSequence)
    rois: dict[int, Roi] = {}
    frames = [data_set.uid(_Tag.FrameOfReferenceUID)]
    for item in data_set.items(_Tag.StructureSetROISequence):
        number = item.integer(_Tag.ROINumber)
        if number is None:
            continue
        contours = drawn.get(number, DataSet())
        frames.append(item.uid(_Tag.ReferencedFrameOfReferenceUID))
        rgb = contours.integers(_Tag.ROIDisplayColor)
        red, green, blue = rgb if len(rgb) == 3 else (0, 0, 0)
        own = (red / 255, green / 255, blue / 255)
        is_color = len(rgb) == 3 and max(own) <= 1 and min(own) >= 0
        rois[number] = Roi(
            number,
            clean(decode(item.data(_Tag.ROIName), charsets), identifiers) or f"ROI {number}",
            own if is_color else color_of(number),
            observed.get(number, DataSet()).text(_Tag.RTROIInterpretedType),
            len(contours.items(_Tag.ContourSequence)),
        )
    series = []
    for frame in data_set.items(_Tag.ReferencedFrameOfReferenceSequence):
        frames.append(frame.uid(_Tag.FrameOfReferenceUID))
        for study in frame.items(_Tag.RTReferencedStudySequence):
            items = study.items(_Tag.RTReferencedSeriesSequence)
            series += [item.uid(_Tag.SeriesInstanceUID) for item in items]
    return StructureFacts(
        tuple(rois[number] for number in sorted(rois)),
        next(filter(None, frames), ""),
        tuple(filter(None, series)),
    )


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
    for number, item in _by_roi(data_set, _Tag.ROIContourSequence).items():
        contours = found.setdefault(number, [])
        for contour in item.items(_Tag.ContourSequence):
            numbers = contour.numbers(_Tag.ContourData)
            if numbers and len(numbers) % 3 == 0:
                points = np.array(numbers).reshape(-1, 3)
                contours.append(Contour(contour.text(_Tag.ContourGeometricType) or CLOSED, points))
    return found


def _by_roi(data_set: DataSet, tag: int) -> dict[int, DataSet]:
    numbered = ((item.integer(_Tag.ReferencedROINumber), item) for item in data_set.items(tag))
    return {number: item for number, item in numbered if number is not None}
