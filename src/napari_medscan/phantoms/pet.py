"""A PET/CT pair: one patient, one frame of reference, two series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medscan.phantoms.ct import AXIAL, ct_header, stored_ct
from napari_medscan.phantoms.shapes import Array, Canvas, axial_canvas, smooth_noise
from napari_medscan.phantoms.torso import paint_torso
from napari_medscan.phantoms.vessels import LungTrees, grow_lung_trees
from napari_medscan.phantoms.writing import (
    CT_STORAGE,
    PET_STORAGE,
    Plane,
    decimals,
    series_header,
    study_header,
    write_slice,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset

_STEP = 5.0
_MIDDLE_Z = -92.5
_CT_VIEW = 500.0
_PET_SIZE = 128
_PET_SPACING = 4.6875
_DOSE_BQ = 3.7e8
_HALF_LIFE_S = 6586.2
_UPTAKE_S = 3600.0
_WEIGHT_G = 75_000.0


def write_pet_ct(folder: Path, *, size: int = 192, slices: int = 90, seed: int = 7) -> None:
    """Write a CT and an FDG PET of the same trunk, into the subfolders CT and PT (PS3.3 A.3, A.21).

    Both series share the Frame of Reference UID and have slices every 5 mm; 90 of them reach from
    the shoulders to the pelvis, fewer are centered on the liver. The CT has a field of view of
    500 mm; the PET has 128 x 128 pixels of 4.6875 mm. A nodule in the right upper lobe is 22 mm
    across and peaks at an SUV near 8. PET values are in Bq/ml, decay-corrected to the start of the
    series, and every slice has its own rescale slope.

    Parameters
    ----------
    folder
        Where the subfolders go; made if missing.
    size
        Rows and columns of the CT.
    slices
        Number of slices of each series, one file each.
    seed
        Decides the lungs' vessels, the noise and all UIDs.
    """
    parts = ("pet ct", size, slices, seed)
    study = study_header(
        name="KIM", patient_id="MEDSCAN-PT-1", study="PET/CT phantom", uid_parts=parts
    )
    trees = grow_lung_trees(seed)
    heights = [_MIDDLE_Z + ((slices - 1) / 2 - index) * _STEP for index in range(slices)]
    for name in ("CT", "PT"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    header = ct_header(study, description="AC CT 5.0 B30f", uid_parts=parts)
    header.ReconstructionDiameter = f"{_CT_VIEW:g}"
    for index, z in enumerate(heights):
        canvas = axial_canvas(size, _CT_VIEW / size, z, "hu")
        paint_torso(canvas, trees, nodule=True)
        write_slice(
            folder / "CT", header, number=index + 1, sop_class=CT_STORAGE, plane=_plane(canvas),
            pixels=stored_ct(canvas.image, np.random.default_rng([seed, 3, index])),
        )  # fmt: skip
    _write_pet(folder / "PT", _pet_header(study, slices, parts), heights, trees, seed)


def _plane(canvas: Canvas) -> Plane:
    x, y, z = (float(p[0, 0]) for p in (canvas.at.x, canvas.at.y, canvas.at.z))
    return Plane((x, y, z), AXIAL, canvas.edge, _STEP)


def _write_pet(
    folder: Path, header: Dataset, heights: list[float], trees: LungTrees, seed: int
) -> None:
    becquerel_per_suv = _DOSE_BQ * 2 ** (-_UPTAKE_S / _HALF_LIFE_S) / _WEIGHT_G
    slices = [_pet_slice(z, trees) for z in heights]
    for index, (canvas, z) in enumerate(zip(slices, heights, strict=True)):
        # The scanner's axial resolution is about one slice, so neighbors leak into each other.
        above, below = slices[max(index - 1, 0)], slices[min(index + 1, len(slices) - 1)]
        suv = 0.6 * canvas.image + 0.2 * (above.image + below.image)
        activity = _scanned(suv, np.random.default_rng([seed, 4, index])) * becquerel_per_suv
        # Each slice uses the whole range of its stored values; the slope is what was written.
        slope = decimals(float(activity.max()) / 32767)[0]
        header.RescaleSlope = slope
        header.ImageIndex = index + 1
        header.LargestImagePixelValue = 32767
        stored = np.clip(np.rint(activity / float(slope)), 0, 32767).astype(np.uint16)
        header.WindowCenter = decimals(2.5 * becquerel_per_suv)[0]
        header.WindowWidth = decimals(5 * becquerel_per_suv)[0]
        plane = _plane(axial_canvas(_PET_SIZE, _PET_SPACING, z, "suv"))
        write_slice(
            folder, header, number=index + 1, sop_class=PET_STORAGE, plane=plane, pixels=stored
        )


def _pet_slice(z: float, trees: LungTrees) -> Canvas:
    canvas = axial_canvas(_PET_SIZE, _PET_SPACING, z, "suv")
    paint_torso(canvas, trees, nodule=True)
    return canvas


def _scanned(suv: Array, rng: np.random.Generator) -> Array:
    """Blur to about 7 mm and add noise that grows with the square root of the counts."""
    for _ in range(2):
        suv = smooth_noise(suv, 0.22)
    grain = smooth_noise(rng.standard_normal(suv.shape, np.float32), 0.25)
    noisy = suv + grain * np.sqrt(suv + np.float32(0.02)) * np.float32(0.34)
    activity: Array = np.maximum(noisy, 0)
    return activity


def _pet_header(study: Dataset, slices: int, uid_parts: tuple[object, ...]) -> Dataset:
    """Return the PET series' header: PS3.3 C.8.9.1 (series), C.8.9.2 (isotope), C.8.9.4 (image)."""
    from pydicom.sequence import Sequence

    header = series_header(
        study, modality="PT", number=3, description="WB FDG OSEM AC", time="102000",
        uid_parts=uid_parts,
    )  # fmt: skip
    header.ImageType = ["ORIGINAL", "PRIMARY"]
    header.BodyPartExamined = "CHEST"
    header.BitsStored = 16
    header.HighBit = 15
    header.Units = "BQML"
    header.SUVType = "BW"
    header.CountsSource = "EMISSION"
    header.SeriesType = ["WHOLE BODY", "IMAGE"]
    header.NumberOfSlices = slices
    header.CorrectedImage = ["NORM", "DTIM", "ATTN", "SCAT", "DECY", "RAN"]
    header.RandomsCorrectionMethod = "DLYD"
    header.AttenuationCorrectionMethod = "measured,AC CT 5.0 B30f"
    header.ScatterCorrectionMethod = "Model-based"
    header.DecayCorrection = "START"
    header.DecayFactor = "1"
    header.ReconstructionMethod = "OSEM 3i21s"
    header.CollimatorType = "NONE"
    header.FrameReferenceTime = "0"
    header.ActualFrameDuration = "120000"
    header.RescaleIntercept = "0"
    header.RescaleType = "BQML"
    header.SmallestImagePixelValue = 0
    header.PatientOrientationCodeSequence = Sequence([_code("F-10450", "SRT", "recumbent")])
    header.PatientOrientationCodeSequence[0].PatientOrientationModifierCodeSequence = Sequence(
        [_code("F-10340", "SRT", "supine")]
    )
    header.PatientGantryRelationshipCodeSequence = Sequence([_code("F-10470", "SRT", "headfirst")])
    header.RadiopharmaceuticalInformationSequence = Sequence([_tracer()])
    return header


def _tracer() -> Dataset:
    """Return the item that says what was injected, when and how much (PS3.3 C.8.9.2)."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    drug = Dataset()
    drug.Radiopharmaceutical = "Fluorodeoxyglucose"
    drug.RadiopharmaceuticalVolume = "0"
    # Series time is 10:20:00, decay-corrected to it: one hour of uptake.
    drug.RadiopharmaceuticalStartTime = "092000"
    drug.RadiopharmaceuticalStartDateTime = "20240115092000"
    drug.RadionuclideTotalDose = f"{_DOSE_BQ:.0f}"
    drug.RadionuclideHalfLife = f"{_HALF_LIFE_S:g}"
    drug.RadionuclidePositronFraction = "0.967"
    drug.RadionuclideCodeSequence = Sequence([_code("C-111A1", "SRT", "^18^Fluorine")])
    drug.RadiopharmaceuticalCodeSequence = Sequence(
        [_code("C-B1031", "SRT", "Fluorodeoxyglucose F^18^")]
    )
    drug.AdministrationRouteCodeSequence = Sequence([_code("G-D101", "SRT", "Intravenous route")])
    return drug


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item
