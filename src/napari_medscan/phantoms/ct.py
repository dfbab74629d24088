"""A CT of the chest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medscan.phantoms.shapes import Array, axial_canvas, smooth_noise
from napari_medscan.phantoms.torso import paint_torso
from napari_medscan.phantoms.vessels import grow_lung_trees
from napari_medscan.phantoms.writing import (
    CT_STORAGE,
    Plane,
    series_header,
    study_header,
    write_slice,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_FIELD_OF_VIEW = 380.0
_SLICE_STEP = 2.5
_MIDDLE_Z = -1.25
_INTERCEPT = -1024


def write_ct_chest(folder: Path, *, size: int = 256, slices: int = 120, seed: int = 7) -> None:
    """Write a CT of the chest without contrast medium (PS3.3 A.3).

    The patient lies on the back with raised arms; coordinates are LPS in mm with the origin in
    the middle of the chest. The field of view is always 380 mm, the slice step 2.5 mm; 120 slices
    reach from the lower neck to the upper belly, fewer are centered on the heart. Instance 1 is
    the highest slice. Stored values are 12 bit: HU + 1024.

    Parameters
    ----------
    folder
        Where the files go; made if missing.
    size
        Rows and columns.
    slices
        Number of slices, one file each.
    seed
        Decides the lungs' vessels, the noise and all UIDs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = ("ct chest", size, slices, seed)
    study = study_header(
        name="ALEX", patient_id="MEDSCAN-CT-1", study="CT chest phantom", uid_parts=parts
    )
    header = ct_header(study, description="Chest 2.5 B30f", uid_parts=parts)
    header.ReconstructionDiameter = f"{_FIELD_OF_VIEW:g}"
    trees = grow_lung_trees(seed)
    spacing = _FIELD_OF_VIEW / size
    for index in range(slices):
        z = _MIDDLE_Z + ((slices - 1) / 2 - index) * _SLICE_STEP
        canvas = axial_canvas(size, spacing, z, "hu")
        paint_torso(canvas, trees, nodule=False)
        plane = Plane(
            (float(canvas.at.x[0, 0]), float(canvas.at.y[0, 0]), z), AXIAL, spacing, _SLICE_STEP
        )
        write_slice(
            folder, header, number=index + 1, sop_class=CT_STORAGE, plane=plane,
            pixels=stored_ct(canvas.image, np.random.default_rng([seed, 2, index])),
        )  # fmt: skip


def ct_header(study: Dataset, *, description: str, uid_parts: tuple[object, ...]) -> Dataset:
    """Return the header of a chest CT (PS3.3 C.8.2.1) with a mediastinal and a lung window."""
    header = series_header(
        study, modality="CT", number=2, description=description, time="101730",
        uid_parts=uid_parts,
    )  # fmt: skip
    header.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    header.BodyPartExamined = "CHEST"
    header.KVP = "120"
    header.ScanOptions = "HELICAL MODE"
    header.DataCollectionDiameter = "500"
    header.DistanceSourceToDetector = "1040"
    header.DistanceSourceToPatient = "570"
    header.GantryDetectorTilt = "0"
    header.TableHeight = "150"
    header.RotationDirection = "CW"
    header.ExposureTime = "500"
    header.XRayTubeCurrent = "220"
    header.Exposure = "110"
    header.FilterType = "BODY"
    header.GeneratorPower = "26"
    header.FocalSpots = "1.2"
    header.ConvolutionKernel = "B30f"
    header.RescaleIntercept = str(_INTERCEPT)
    header.RescaleSlope = "1"
    header.RescaleType = "HU"
    header.WindowCenter = ["40", "-600"]
    header.WindowWidth = ["400", "1500"]
    header.WindowCenterWidthExplanation = ["MEDIASTINUM", "LUNG"]
    return header


def stored_ct(hu: Array, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Return what a scanner would store for a perfect image in HU, shape (rows, columns).

    A soft kernel blurs the edges a little, and noise has a grain wider than a pixel. Most of it
    comes from the middle of the body, where the fewest photons pass.
    """
    rows, columns = (np.linspace(-1.3, 1.3, n, dtype=np.float32) for n in hu.shape)
    level = 9 + 15 * np.exp(-(rows[:, None] ** 2 * 1.6 + columns**2))
    noise = smooth_noise(rng.standard_normal(hu.shape, np.float32), 0.2)
    scanned = smooth_noise(hu, 0.11) + noise * level.astype(np.float32) * np.float32(1.8)
    stored: NDArray[np.uint16] = np.clip(np.rint(scanned) - _INTERCEPT, 0, 4095).astype(np.uint16)
    return stored
