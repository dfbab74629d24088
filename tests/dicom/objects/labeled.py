"""CT series and segmentations of them, written for the tests of objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from ..making import ct, item, write

DEPTH, ROWS, COLUMNS = 5, 8, 12
STEP, SPACING = 2.5, (0.5, 0.75)
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORNER = (10.0, -20.0, 30.0)
"""Position of the first voxel of the CT."""


def write_ct(folder: Path, *, number: int = 3, **changes: Any) -> Path:
    """Write an axial CT of `DEPTH` slices; values are those of `making.ct`."""
    folder.mkdir(parents=True, exist_ok=True)
    for z in range(DEPTH):
        slice_ = {
            "SOPInstanceUID": f"1.2.3.{number}.{z}",
            "SeriesInstanceUID": f"1.2.3.{number}",
            "SeriesNumber": number,
            "InstanceNumber": z + 1,
            "ImagePositionPatient": [CORNER[0], CORNER[1], CORNER[2] + STEP * z],
            "PixelSpacing": list(SPACING),
            "Rows": ROWS,
            "Columns": COLUMNS,
            "PixelData": bytes(2 * ROWS * COLUMNS),
        }
        write(folder / f"ct{number}-{z}.dcm", ct(**{**slice_, **changes}))
    return folder


Frame = tuple[int, Sequence[float], NDArray[np.bool_]]
"""Segment number, image position, pixels."""


def seg(
    frames: Sequence[Frame],
    names: Mapping[int, str],
    *,
    orientation: Sequence[float] = AXIAL,
    spacing: Sequence[float] = SPACING,
    **changes: Any,
) -> Dataset:
    """Return a BINARY segmentation (PS3.3 A.51) of frames of one shape."""
    own = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=list(map(float, position)))],
            SegmentIdentificationSequence=[item(ReferencedSegmentNumber=number)],
        )
        for number, position, _ in frames
    ]
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=list(map(float, orientation)))],
        PixelMeasuresSequence=[item(PixelSpacing=list(spacing), SliceThickness=STEP)],
    )
    pixels = np.array([pixels for *_, pixels in frames], bool)
    data = np.packbits(pixels.ravel(), bitorder="little").tobytes()
    attributes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4",
        "SOPInstanceUID": "1.2.3.9.1",
        "SeriesInstanceUID": "1.2.3.9",
        "SeriesNumber": 9,
        "SeriesDescription": "Organs",
        "Modality": "SEG",
        "SegmentationType": "BINARY",
        "SegmentsOverlap": "NO",
        "SegmentSequence": [segment(number, name) for number, name in names.items()],
        "NumberOfFrames": len(frames),
        "Rows": pixels.shape[1],
        "Columns": pixels.shape[2],
        "BitsAllocated": 1,
        "BitsStored": 1,
        "HighBit": 0,
        "SharedFunctionalGroupsSequence": [shared],
        "PerFrameFunctionalGroupsSequence": Items(own),
        "PixelData": data + b"\0" * (len(data) % 2),
    }
    absent = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    gone = dict.fromkeys((*absent, "RescaleSlope", "RescaleIntercept"))
    return ct(**{**gone, **attributes, **changes})


def segment(number: int, name: str, **changes: Any) -> Dataset:
    """Return an item of Segment Sequence."""
    return item(SegmentNumber=number, SegmentLabel=name, **changes)


def position(z: int, row: int = 0, column: int = 0) -> tuple[float, float, float]:
    """Return where a voxel of the CT lies, LPS, mm."""
    x, y, height = CORNER
    return x + SPACING[1] * column, y + SPACING[0] * row, height + STEP * z
