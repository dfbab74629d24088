"""A T1-weighted MR of the brain, acquired obliquely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medscan.phantoms.folds import folds_from_seed
from napari_medscan.phantoms.head import paint_head
from napari_medscan.phantoms.shapes import Array, Canvas, Points, smooth_noise
from napari_medscan.phantoms.writing import (
    MR_STORAGE,
    Plane,
    decimals,
    series_header,
    study_header,
    write_slice,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

_FIELD_OF_VIEW = 240.0
_SLICE_STEP = 2.0
_CENTER = (0.0, -8.0, 4.0)
_TILT_X, _TILT_Z = 15.0, 8.0
_NOISE = 14.0


def write_mr_brain_oblique(
    folder: Path, *, size: int = 224, slices: int = 80, seed: int = 7
) -> None:
    """Write a T1-weighted MR of the brain in tilted slices (PS3.3 A.4).

    The head is upright in the patient's axes (LPS, mm, origin in the middle of the brain) and the
    slices are tilted: 15 degrees about x, then 8 degrees about z, so their normal lies along none
    of the patient's axes. The field of view is always 240 mm, the slice step 2 mm along the
    normal; fewer than 80 slices are centered on the basal ganglia. Instance 1 is the highest
    slice. Stored values are 12 bit, without rescaling.

    Parameters
    ----------
    folder
        Where the files go; made if missing.
    size
        Rows and columns.
    slices
        Number of slices, one file each.
    seed
        Decides the folds of the cortex, the noise and all UIDs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    header = _mr_header(size, slices, seed)
    spacing = _FIELD_OF_VIEW / size
    row_wise, column_wise, normal = _orientation().T
    orientation = tuple(float(f"{c:.6f}") for c in (*row_wise, *column_wise))
    folds = folds_from_seed(seed)
    steps = (np.arange(size) - (size - 1) / 2) * spacing
    for index in range(slices):
        middle = np.array(_CENTER) + ((slices - 1) / 2 - index) * _SLICE_STEP * normal
        grid = [
            (middle[i] + steps * row_wise[i] + (steps * column_wise[i])[:, None]).astype(np.float32)
            for i in range(3)
        ]
        first = middle + steps[0] * (row_wise + column_wise)
        plane = Plane(
            (float(first[0]), float(first[1]), float(first[2])),
            orientation,  # type: ignore[arg-type]
            spacing,
            _SLICE_STEP,
        )
        at = Points(*grid)
        canvas = Canvas(np.empty((size, size), np.float32), at, spacing, "hu")
        paint_head(canvas, folds)
        pixels = _stored(canvas.image, at, np.random.default_rng([seed, 6, index]))
        header.LargestImagePixelValue = int(pixels.max())
        write_slice(
            folder, header, number=index + 1, sop_class=MR_STORAGE, plane=plane, pixels=pixels
        )


def _orientation() -> NDArray[np.float64]:
    """Return (3, 3): columns are the directions along a row, along a column, and the normal."""
    a, c = np.radians(_TILT_X), np.radians(_TILT_Z)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    turn: NDArray[np.float64] = about_z @ about_x
    return turn


def _stored(signal: Array, at: Points, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Return stored values: shaded by the coils, with the Rician noise of a magnitude image."""
    shading = 1.06 - 0.0011 * at.x + 0.0008 * at.y + 1.6e-5 * (at.x**2 + at.y**2) + 0.0006 * at.z
    real, imaginary = (
        smooth_noise(rng.standard_normal(signal.shape, np.float32), 0.08) * np.float32(_NOISE)
        for _ in range(2)
    )
    magnitude = np.hypot(smooth_noise(signal * shading, 0.07) + real, imaginary)
    stored: NDArray[np.uint16] = np.clip(np.rint(magnitude), 0, 4095).astype(np.uint16)
    return stored


def _mr_header(size: int, slices: int, seed: int) -> Dataset:
    """Return the MR series' header (PS3.3 C.8.3.1)."""
    parts = ("mr brain", size, slices, seed)
    study = study_header(
        name="ROBIN", patient_id="MEDSCAN-MR-1", study="MR brain phantom", uid_parts=parts
    )
    header = series_header(
        study, modality="MR", number=4, description="t1 mprage tra oblique", time="101910",
        uid_parts=parts,
    )  # fmt: skip
    header.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    header.BodyPartExamined = "BRAIN"
    header.ScanningSequence = ["GR", "IR"]
    header.SequenceVariant = ["SP", "MP"]
    header.ScanOptions = "IR"
    header.MRAcquisitionType = "3D"
    header.SequenceName = "*tfl3d1"
    header.AngioFlag = "N"
    header.RepetitionTime = "1900"
    header.EchoTime = "2.52"
    header.InversionTime = "900"
    header.NumberOfAverages = "1"
    header.ImagingFrequency = "123.25"
    header.ImagedNucleus = "1H"
    header.EchoNumbers = "1"
    header.MagneticFieldStrength = "3"
    header.SpacingBetweenSlices = decimals(_SLICE_STEP)[0]
    header.NumberOfPhaseEncodingSteps = str(size)
    header.EchoTrainLength = "1"
    header.PercentSampling = "100"
    header.PercentPhaseFieldOfView = "100"
    header.PixelBandwidth = "170"
    header.ReceiveCoilName = "Head"
    header.AcquisitionMatrix = [0, size, size, 0]
    header.InPlanePhaseEncodingDirection = "ROW"
    header.FlipAngle = "9"
    header.SAR = "0.04"
    header.SmallestImagePixelValue = 0
    header.WindowCenter = "430"
    header.WindowWidth = "860"
    return header
