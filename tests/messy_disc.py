"""A patient's disc as hospitals burn it, made of this project's phantoms.

Two patients, four studies, 26 image series, a report, a PDF and an RT structure set under names
without extension and out of order, with a DICOMDIR, a viewer for Windows and its autorun.inf.

    python -m tests.messy_disc FOLDER
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.fileset import FileSet
from pydicom.uid import (
    ComprehensiveSRStorage,
    ComputedRadiographyImageStorage,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
)

from napari_medscan.phantoms import (
    write_ct_chest,
    write_mr_brain_oblique,
    write_pet_ct,
    write_us_heart,
)
from napari_medscan.phantoms.writing import decimals, derived_uid

IMAGE_SERIES = 26
NEWEST_STUDY = "CT chest"
NEWEST_DATE = "20240615"
PRIOR_DATE = "20240115"
NOT_IMAGES = 0
"""Files without an image that are skipped; a report and a PDF are listed."""

_CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
_SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
_FIRST_PATIENT = ("PHANTOM^ALEX", "MEDSCAN-DISC-1")
_SECOND_PATIENT = ("PHANTOM^ROBIN", "MEDSCAN-DISC-2")


@dataclass(frozen=True)
class _Study:
    """What the instances of one study have in common."""

    patient: tuple[str, str]
    date: str
    description: str

    def place(self, data: Dataset, number: int, series: str, instance: int) -> Dataset:
        """Return a copy of an instance as one of this study."""
        placed = deepcopy(data)
        placed.PatientName, placed.PatientID = self.patient
        placed.AccessionNumber = placed.StudyID = self.date[2:]
        placed.StudyDescription = self.description
        for name in ("Study", "Series", "Acquisition", "Content", "InstanceCreation"):
            setattr(placed, f"{name}Date", self.date)
        placed.StudyTime = placed.SeriesTime = placed.ContentTime = "101500"
        placed.StudyInstanceUID = study_uid(self.date)
        placed.SeriesInstanceUID = derived_uid("messy disc", self.date, number)
        placed.SOPInstanceUID = derived_uid("messy disc", self.date, number, instance)
        if "FrameOfReferenceUID" in placed:
            placed.FrameOfReferenceUID = derived_uid("messy disc", self.date, "frame")
        placed.SeriesNumber, placed.InstanceNumber = str(number), str(instance)
        placed.SeriesDescription = placed.ProtocolName = series
        placed.file_meta = FileMetaDataset()
        placed.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        return placed


Instances = Iterator[Dataset]
Source = Callable[[Callable[[Path], None]], list[Dataset]]


def study_uid(date: str) -> str:
    """Return the Study Instance UID of the study of a date."""
    return derived_uid("messy disc", date)


def write_messy_disc(folder: Path) -> None:
    """Write the disc into a folder, which is made if missing.

    Parameters
    ----------
    folder
        Where DICOMDIR, the patients' folders and the viewer go.
    """
    with tempfile.TemporaryDirectory() as scratch:

        def written(write: Callable[[Path], None]) -> list[Dataset]:
            place = Path(tempfile.mkdtemp(dir=scratch))
            write(place)
            return [pydicom.dcmread(path) for path in sorted(place.rglob("*.dcm"))]

        instances = [
            *_chest_study(_Study(_FIRST_PATIENT, NEWEST_DATE, NEWEST_STUDY), written, seed=7),
            *_prior_study(_Study(_FIRST_PATIENT, PRIOR_DATE, "CT chest and radiograph"), written),
            *_pet_study(_Study(_SECOND_PATIENT, "20231102", "PET/CT trunk"), written),
            *_brain_study(_Study(_SECOND_PATIENT, "20230310", "MR brain, echo"), written),
        ]
        disc = FileSet()
        disc.ID = "MESSYDISC"
        # The set numbers its files in the order in which they come.
        for index in np.random.default_rng(13).permutation(len(instances)):
            disc.add(instances[index])
        disc.write(folder)
        # pydicom leaves this folder to the garbage collector, which warns of it.
        disc._stage["t"].cleanup()
    (folder / "viewer.exe").write_bytes(b"MZ" + bytes(510))
    (folder / "autorun.inf").write_text("[autorun]\nopen=viewer.exe\n")


def _chest_study(study: _Study, written: Source, seed: int) -> Instances:
    """Yield a scout, two kernels, two reformats, two screenshots, a dose sheet, a report, a PDF."""
    chest = written(lambda at: write_ct_chest(at, size=64, slices=24, seed=seed))
    yield from _scout(study, 1, chest)
    yield from _copies(study, 2, "Chest 2.5 B30f", chest)
    yield from _copies(study, 3, "Chest 2.5 B70f", chest, ConvolutionKernel="B70f")
    yield from _reformat(study, 4, "Coronal", chest, _CORONAL)
    yield from _reformat(study, 5, "Sagittal", chest, _SAGITTAL)
    yield _screenshot(study, 501, "3D snapshot", chest[0], color=True)
    yield _screenshot(study, 502, "Patient protocol", chest[0], color=False)
    yield _screenshot(study, 503, "Key image", chest[0], color=True)
    yield study.place(_report(chest[0]), 601, "Report", 1)
    yield study.place(_pdf(chest[0]), 602, "Letter", 1)


def _prior_study(study: _Study, written: Source) -> Instances:
    """Yield a scout, two kernels, a reformat, a screenshot and a radiograph."""
    chest = written(lambda at: write_ct_chest(at, size=64, slices=20, seed=8))
    yield from _scout(study, 1, chest)
    yield from _copies(study, 2, "Chest 2.5 B30f", chest)
    yield from _copies(study, 3, "Chest 2.5 B70f", chest, ConvolutionKernel="B70f")
    yield from _reformat(study, 4, "Coronal", chest, _CORONAL)
    yield _screenshot(study, 501, "Patient protocol", chest[0], color=False)
    yield study.place(_radiograph(chest), 10, "Chest PA", 1)


def _pet_study(study: _Study, written: Source) -> Instances:
    """Yield a scout, a CT, two PET reconstructions, a screenshot and a structure set."""
    pair = written(lambda at: write_pet_ct(at, size=64, slices=16))
    ct = [data for data in pair if data.Modality == "CT"]
    pet = [data for data in pair if data.Modality == "PT"]
    yield from _scout(study, 1, ct)
    yield from _copies(study, 2, "AC CT 5.0 B30f", ct)
    yield from _copies(study, 3, "WB FDG OSEM AC", pet)
    yield from _copies(
        study, 4, "WB FDG OSEM NAC", pet, CorrectedImage=["NORM", "DTIM", "DECY", "RAN"]
    )
    yield _screenshot(study, 501, "Fused MIP", ct[0], color=True)
    yield study.place(_structure_set(ct[0]), 5, "Contours", 1)


def _brain_study(study: _Study, written: Source) -> Instances:
    """Yield a localizer, four MR series in three planes, a screenshot and a clip."""
    brain = written(lambda at: write_mr_brain_oblique(at, size=64, slices=24))
    yield from _reformat(study, 1, "Localizer", brain, _SAGITTAL, only_middle=True)
    yield from _reformat(study, 2, "T1 MPRAGE sag", brain, _SAGITTAL)
    yield from _reformat(study, 3, "T2 cor", brain, _CORONAL)
    yield from _copies(study, 4, "T1 tra", brain)
    yield from _copies(study, 5, "T1 tra Gd", brain)
    yield _screenshot(study, 501, "Perfusion map", brain[0], color=True)
    (clip,) = written(lambda at: write_us_heart(at, frames=6))
    yield study.place(clip, 6, "apical four-chamber", 1)


def _copies(
    study: _Study, number: int, series: str, slices: list[Dataset], **changes: object
) -> Instances:
    for index, data in enumerate(slices, 1):
        placed = study.place(data, number, series, index)
        for name, value in changes.items():
            setattr(placed, name, value)
        yield placed


def _scout(study: _Study, number: int, slices: list[Dataset]) -> Instances:
    """Yield the frontal localizer of a CT, the mean of the volume from front to back."""
    (scout,) = _reformat(study, number, "Topogram", slices, _CORONAL, only_middle=True)
    image = _volume(slices).mean(axis=1)
    scout.PixelData = image.astype("<u2").tobytes()
    low = float(image.min() * scout.RescaleSlope + scout.RescaleIntercept)
    high = float(image.max() * scout.RescaleSlope + scout.RescaleIntercept)
    # In the windows of the slices it would be black.
    scout.WindowCenter, scout.WindowWidth = decimals((low + high) / 2, high - low)
    del scout.WindowCenterWidthExplanation
    yield scout


def _reformat(
    study: _Study,
    number: int,
    series: str,
    slices: list[Dataset],
    orientation: tuple[float, ...],
    *,
    only_middle: bool = False,
) -> Instances:
    """Yield every fourth coronal or sagittal cut through a volume whose first slice is the top.

    The cuts run along the array; those of a tilted volume are labeled as if it were upright.
    """
    volume, first = _volume(slices), slices[0]
    origin = np.array(first.ImagePositionPatient, float)
    spacing = float(first.PixelSpacing[0])
    axis = 1 if orientation == _CORONAL else 2
    count = volume.shape[axis]
    for index, cut in enumerate([count // 2] if only_middle else range(0, count, 4), 1):
        pixels = volume.take(cut, axis).astype("<u2")
        data = study.place(first, number, series, index)
        data.Rows, data.Columns = pixels.shape
        data.PixelData = pixels.tobytes()
        data.ImageOrientationPatient = decimals(*orientation)
        position = origin.copy()
        position[2 - axis] += cut * spacing
        data.ImagePositionPatient = decimals(*position)
        data.PixelSpacing = decimals(float(first.SliceThickness), spacing)
        data.SliceThickness = decimals(4 * spacing)[0]
        localizer = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
        data.ImageType = localizer if only_middle else ["DERIVED", "SECONDARY", "MPR"]
        if "SliceLocation" in data:
            del data.SliceLocation
        yield data


def _volume(slices: list[Dataset]) -> NDArray[np.uint16]:
    return np.stack([data.pixel_array for data in slices])


def _bare(template: Dataset, sop_class: str, modality: str) -> Dataset:
    """Return patient, study and equipment of an instance under another SOP class."""
    data = Dataset()
    for element in template:
        if element.tag.group in (0x0008, 0x0010) and element.keyword != "ImageType":
            data.add(deepcopy(element))
    data.SOPClassUID, data.Modality = sop_class, modality
    data.PatientOrientation = ""
    return data


def _screenshot(
    study: _Study, number: int, series: str, template: Dataset, *, color: bool
) -> Dataset:
    """Return a secondary capture that is larger than the slices beside it."""
    data = _bare(template, SecondaryCaptureImageStorage, "OT" if color else "CT")
    data.ConversionType = "WSD"
    ramp = np.linspace(30, 220, 160).astype(np.uint8)
    image = np.broadcast_to(ramp, (120, 160)).copy()
    image[20:40, 10:60] = 255
    _set_pixels(data, np.stack([image, image // 2, image[:, ::-1]], axis=-1) if color else image)
    return study.place(data, number, series, 1)


def _radiograph(slices: list[Dataset]) -> Dataset:
    """Return a frontal chest radiograph, whose rows lead to the left and columns to the feet."""
    data = _bare(slices[0], ComputedRadiographyImageStorage, "CR")
    data.PatientOrientation = ["L", "F"]
    data.ViewPosition, data.BodyPartExamined = "PA", "CHEST"
    data.ImagerPixelSpacing = decimals(1.0, 1.0)
    summed = _volume(slices).mean(axis=1)
    image = np.repeat(summed, 3, axis=0) / summed.max() * 255
    _set_pixels(data, image.astype(np.uint8))
    return data


def _set_pixels(data: Dataset, image: NDArray[np.uint8]) -> None:
    data.Rows, data.Columns = image.shape[:2]
    data.SamplesPerPixel = 3 if image.ndim == 3 else 1
    data.PhotometricInterpretation = "RGB" if image.ndim == 3 else "MONOCHROME2"
    if image.ndim == 3:
        data.PlanarConfiguration = 0
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation = 7, 0
    data.PixelData = image.tobytes()
    data["PixelData"].VR = "OB"


def _report(template: Dataset) -> Dataset:
    data = _bare(template, ComprehensiveSRStorage, "SR")
    data.ContentTime = "110000"
    data.CompletionFlag, data.VerificationFlag, data.ValueType = (
        "COMPLETE",
        "UNVERIFIED",
        "CONTAINER",
    )
    title = Dataset()
    title.CodeValue, title.CodingSchemeDesignator = "18748-4", "LN"
    title.CodeMeaning = "Diagnostic imaging report"
    data.ConceptNameCodeSequence = [title]
    data.ContinuityOfContent = "SEPARATE"
    return data


def _pdf(template: Dataset) -> Dataset:
    data = _bare(template, EncapsulatedPDFStorage, "DOC")
    data.BurnedInAnnotation, data.DocumentTitle = "NO", "Letter"
    data.ConceptNameCodeSequence = []
    data.MIMETypeOfEncapsulatedDocument = "application/pdf"
    data.EncapsulatedDocument = b"%PDF-1.4\n%%EOF\n"
    return data


def _structure_set(template: Dataset) -> Dataset:
    data = _bare(template, RTStructureSetStorage, "RTSTRUCT")
    data.StructureSetLabel, data.StructureSetDate, data.StructureSetTime = "RT", "20231102", "1200"
    data.StructureSetROISequence = []
    return data


if __name__ == "__main__":
    write_messy_disc(Path(sys.argv[1]))
