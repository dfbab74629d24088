"""Headers of synthetic studies, and writing them slice by slice as DICOM Part 10 files."""

from __future__ import annotations

import uuid
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
MR_STORAGE = "1.2.840.10008.5.1.4.1.1.4"
PET_STORAGE = "1.2.840.10008.5.1.4.1.1.128"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"


def derived_uid(*parts: object) -> str:
    """Return the UID that always belongs to these parts, under the 2.25 root (PS3.5 B.2)."""
    name = "napari-medscan phantom/" + "/".join(map(str, parts))
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, name).int}"


def decimals(*values: float) -> list[str]:
    """Return decimal strings of at most 16 characters (VR DS, PS3.5 6.2)."""
    return [f"{value:.9g}" for value in values]


@dataclass(frozen=True)
class Plane:
    """Where one slice lies (PS3.3 C.7.6.2), mm, LPS.

    Attributes
    ----------
    position
        Center of the first pixel.
    orientation
        Direction cosines: of increasing column index, then of increasing row index.
    spacing
        Between rows and between columns; phantoms have square pixels.
    thickness
        Slice thickness; it equals the distance between slices.
    """

    position: tuple[float, float, float]
    orientation: tuple[float, float, float, float, float, float]
    spacing: float
    thickness: float


def study_header(
    *, name: str, patient_id: str, study: str, uid_parts: tuple[object, ...]
) -> Dataset:
    """Return a data set with patient, study, frame of reference and equipment (PS3.3 C.7).

    Parameters
    ----------
    name
        Given name, such as "ALEX"; the family name is always PHANTOM.
    patient_id
        Patient ID.
    study
        Study description.
    uid_parts
        What the study and frame of reference UIDs are derived from.

    Returns
    -------
    pydicom.dataset.Dataset
        The start of every instance of the study.
    """
    from pydicom.dataset import Dataset

    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 192"
    header.PatientName = f"PHANTOM^{name}"
    header.PatientID = patient_id
    header.PatientBirthDate = "19700101"
    header.PatientSex = "O"
    header.PatientAge = "054Y"
    header.PatientSize = "1.75"
    header.PatientWeight = "75"
    header.StudyInstanceUID = derived_uid(*uid_parts, "study")
    header.StudyDate = "20240115"
    header.StudyTime = "101500"
    header.StudyID = "1"
    header.StudyDescription = study
    header.AccessionNumber = f"{patient_id}-1"
    header.ReferringPhysicianName = ""
    header.FrameOfReferenceUID = derived_uid(*uid_parts, "frame")
    header.PositionReferenceIndicator = ""
    header.PatientPosition = "HFS"
    header.Manufacturer = "napari-medscan"
    header.InstitutionName = "napari-medscan phantoms"
    header.ManufacturerModelName = "Analytic phantom"
    header.DeviceSerialNumber = "1"
    header.SoftwareVersions = "1"
    return header


def series_header(
    study: Dataset, *, modality: str, number: int, description: str, time: str,
    uid_parts: tuple[object, ...],
) -> Dataset:  # fmt: skip
    """Return a copy of a study's header with the series and its pixel format filled in.

    Pixels are 16 bit, unsigned and MONOCHROME2 (PS3.3 C.7.6.3); the caller sets BitsStored.
    """
    header = deepcopy(study)
    header.Modality = modality
    header.SeriesInstanceUID = derived_uid(*uid_parts, "series", number)
    header.SeriesNumber = str(number)
    header.SeriesDescription = description
    header.ProtocolName = description
    header.SeriesDate = header.AcquisitionDate = header.ContentDate = study.StudyDate
    header.SeriesTime = header.AcquisitionTime = header.ContentTime = time
    header.InstanceCreationDate = study.StudyDate
    header.InstanceCreationTime = time
    header.AcquisitionNumber = "1"
    header.SamplesPerPixel = 1
    header.PhotometricInterpretation = "MONOCHROME2"
    header.PixelRepresentation = 0
    header.BitsAllocated = 16
    header.BitsStored = 12
    header.HighBit = 11
    header.BurnedInAnnotation = "NO"
    header.LossyImageCompression = "00"
    return header


def write_slice(
    folder: Path, header: Dataset, *, number: int, sop_class: str, plane: Plane,
    pixels: NDArray[np.uint16],
) -> None:  # fmt: skip
    """Write one instance as IM000001.dcm and so on; `header` is completed in place.

    Parameters
    ----------
    folder
        Existing folder.
    header
        Series header with everything that is not about this slice's place, number or pixels.
    number
        Instance number, from 1.
    sop_class
        SOP Class UID.
    plane
        Where the slice lies.
    pixels
        Shape (rows, columns), stored values.
    """
    header.SOPClassUID = sop_class
    header.SOPInstanceUID = derived_uid(header.SeriesInstanceUID, number)
    header.InstanceNumber = str(number)
    header.ImagePositionPatient = decimals(*plane.position)
    header.ImageOrientationPatient = decimals(*plane.orientation)
    normal = np.cross(plane.orientation[:3], plane.orientation[3:])
    header.SliceLocation = decimals(float(normal @ np.array(plane.position)))[0]
    header.PixelSpacing = decimals(plane.spacing, plane.spacing)
    header.SliceThickness = decimals(plane.thickness)[0]
    header.Rows, header.Columns = pixels.shape
    header.PixelData = pixels.astype("<u2").tobytes()
    header["PixelData"].VR = "OW"
    save(header, folder / f"IM{number:06d}.dcm")


def save(header: Dataset, path: Path) -> None:
    """Write a file, whose meta information depends on no version of pydicom."""
    from pydicom.dataset import FileMetaDataset

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = EXPLICIT_LITTLE_ENDIAN  # type: ignore[assignment]
    # The project's own: pydicom's would change with its version, and with it the bytes.
    meta.ImplementationClassUID = derived_uid("implementation")  # type: ignore[assignment]
    meta.ImplementationVersionName = "MEDSCAN_PHANTOM"
    header.file_meta = meta
    header.save_as(path, enforce_file_format=True)
