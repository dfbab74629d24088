"""Headers of the images that a segmentation is drawn on, mended on a copy.

highdicom takes patient, study and place of a segmentation from the headers of its images, and
refuses real ones: type 2 attributes that an anonymizer took out, an empty character set, dates that
are none. It gets one small header for every slice of the grid, made from what MedScan knows of its
place and from the first file of the series. The files stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from napari_medscan.dicom.elements.pydicom_fallback import silent_pydicom
from napari_medscan.dicom.objects.placement import slice_positions
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_CT_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.2"
_REQUIRED: Final = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID",
    "StudyDate", "StudyTime", "ReferringPhysicianName",
)  # fmt: skip
"""Type 2: they may be empty, but not absent."""
_FORMS: Final = {
    "DA": r"(1[89]|20)\d{6}",
    "TM": r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?",
    "CS": r"[A-Z0-9 _]+",
    "AS": r"\d{3}[DWMY]",
}
_CONDITIONAL: Final = {
    "PatientIdentityRemoved": ("DeidentificationMethod", "Unknown"),
    "ClinicalTrialTimePointDescription": ("ClinicalTrialTimePointID", ""),
}
"""What has to be there as well (PS3.3 C.7.1.1, C.7.2.3)."""
_OF_THE_IMAGE: Final = ("SOPInstanceUID", "ImagePositionPatient", "ImageOrientationSlide")
_SEXES: Final = ("M", "F", "O")


@dataclass(frozen=True, slots=True)
class SourceSlice:
    """One slice of the grid.

    Parameters
    ----------
    header : Dataset
        A header of an image of its own, for highdicom.
    sop_class, sop_instance : str
        UIDs of the image that it is; '' where an image is missing.
    frame : int
        Frame number within it, from 1; 0 if it is the only one.
    is_part : bool
        Its pixels are a part of the image's (a tile of a mosaic).
    """

    header: Dataset
    sop_class: str
    sop_instance: str
    frame: int
    is_part: bool


def source_slices(stack: Stack) -> list[SourceSlice]:
    """Return the slices of the grid of a series, those without an image as well.

    Of a series with time points, the last one that has the slice.

    Raises
    ------
    ExportError
        If the series has no position in the patient.
    MedscanError, OSError
        If its files cannot be read.
    """
    geometry = stack.geometry
    if geometry.orientation is None or geometry.origin is None or not geometry.calibrated:
        raise ExportError("The series has no position in the patient, which a segmentation needs")
    common = _common_header(stack)
    places = stack.array.places
    numbers = places.reshape(-1, places.shape[-1]).max(axis=0).tolist()
    slices = []
    for position, number in zip(slice_positions(stack), numbers, strict=True):
        header = _header_of_slice(common, position.tolist())
        if number < 0:
            slices.append(SourceSlice(header, "", "", 0, is_part=False))
            continue
        record = stack.slices[number]
        image = stack.headers.read(number).header
        frame = record.index + 1 if record.frames > 1 and record.tile is None else 0
        is_part = record.tile is not None
        slices.append(SourceSlice(header, image.sop_class, image.sop_instance, frame, is_part))
    return slices


def refer_to_images(segmentation: Dataset, slices: Sequence[SourceSlice]) -> None:
    """Put the images themselves in place of the headers that were made for slices.

    Parameters
    ----------
    segmentation : Dataset
        Refers to those headers; is changed.
    slices : sequence of SourceSlice
        As `source_slices` returned them.
    """
    known = {each.header.SOPInstanceUID: each for each in slices}
    images = {each.sop_instance: each for each in slices if each.sop_instance}
    segmentation.SourceImageSequence = [_reference(each) for each in images.values()]
    (series,) = segmentation.ReferencedSeriesSequence
    series.ReferencedInstanceSequence = [_reference(each) for each in images.values()]
    for frame in segmentation.PerFrameFunctionalGroupsSequence:
        derivations = list(frame.DerivationImageSequence)
        for source in [each for item in derivations for each in item.SourceImageSequence]:
            # The frames of all segments on a slice share one item, which is changed once.
            image = known.get(source.ReferencedSOPInstanceUID)
            if image is not None and image.sop_instance:
                _refer(source, image)
        frame.DerivationImageSequence = [
            item
            for item in derivations
            if item.SourceImageSequence[0].ReferencedSOPInstanceUID not in known
        ]


def _refer(source: Dataset, image: SourceSlice) -> None:
    source.ReferencedSOPClassUID = image.sop_class
    source.ReferencedSOPInstanceUID = image.sop_instance
    if image.frame:
        source.ReferencedFrameNumber = image.frame
    if image.is_part:
        source.SpatialLocationsPreserved = "NO"


def _reference(image: SourceSlice) -> Dataset:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID = image.sop_class
    item.ReferencedSOPInstanceUID = image.sop_instance
    return item


def _common_header(stack: Stack) -> Dataset:
    """Return what all slices share: patient, study, series and grid."""
    from pydicom.uid import generate_uid

    header = _mended(stack.dataset(stack.typical))
    geometry, origin = stack.geometry, stack.header
    header.SOPClassUID = _CT_IMAGE
    header.StudyInstanceUID = origin.study or generate_uid(None)
    header.SeriesInstanceUID = origin.series or generate_uid(None)
    header.FrameOfReferenceUID = origin.frame_of_reference or generate_uid(None)
    header.Modality = stack.modality or "OT"
    first = stack.axes.index("y")
    header.Rows, header.Columns = stack.array.shape[first : first + 2]
    header.ImageOrientationPatient = [_decimal(cosine) for cosine in geometry.orientation or ()]
    header.PixelSpacing = [_decimal(spacing) for spacing in geometry.spacing[1:]]
    header.SliceThickness = _decimal(origin.slice_thickness or abs(geometry.scale[0]))
    return header


def _header_of_slice(common: Dataset, position: Sequence[float]) -> Dataset:
    from pydicom.dataset import Dataset
    from pydicom.uid import generate_uid

    header = Dataset()
    # The elements themselves are shared.
    header.update(common)
    header.SOPInstanceUID = generate_uid(None)
    header.ImagePositionPatient = [_decimal(value) for value in position]
    return header


def _mended(found: Dataset) -> Dataset:
    """Return a header without what is empty or damaged, but with all attributes of type 2."""
    from pydicom.dataset import Dataset

    header = Dataset()
    with silent_pydicom():
        # Texts are decoded by the character set of the file; they are written in another.
        if not found.get("SpecificCharacterSet"):
            found.pop("SpecificCharacterSet", None)
        found.decode()
        for element in found:
            if element.keyword and element.keyword not in _OF_THE_IMAGE and _is_sound(element):
                header.add(element)
    for keyword in _REQUIRED:
        if keyword not in header:
            setattr(header, keyword, "")
    if header.PatientSex not in _SEXES:
        header.PatientSex = ""
    for keyword, needed in _CONDITIONAL.items():
        if keyword in header and needed[0] not in header:
            setattr(header, *needed)
    return header


def _is_sound(element: Any) -> bool:  # noqa: ANN401 - a DataElement
    # Items of sequences are as often incomplete as whole, and none is needed.
    if element.is_empty or element.VR == "SQ":
        return False
    form = _FORMS.get(element.VR)
    if form is None:
        return True
    values = element.value if element.VM > 1 else [element.value]
    return all(re.fullmatch(form, str(value)) for value in values)


def _decimal(value: float) -> str:
    """Return a number as decimal string (PS3.5 6.2, DS): at most 16 characters."""
    for digits in range(16, 0, -1):
        text = f"{value:.{digits}g}"
        if len(text) <= 16:
            return text
    return f"{value:.0e}"
