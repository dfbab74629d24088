"""Segmentations as highdicom writes them: a frame for each segment and plane that is not empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from .making import ct, item, write

AXIAL = [1, 0, 0, 0, 1, 0]
FRACTIONS = {
    "SegmentationType": "FRACTIONAL",
    "SegmentationFractionalType": "OCCUPANCY",
    "MaximumFractionalValue": 1,
}
"""What makes images of segments: those of a BINARY segmentation are labels."""


def segmentation(heights: Mapping[int, Sequence[float]], **changes: Any) -> Dataset:
    """Return a segmentation (PS3.3 A.51); every pixel of frame number n is n % 2.

    Parameters
    ----------
    heights : mapping of int to sequence of float
        Where the planes of each segment lie, z in mm.
    **changes
        Attributes to replace; "PixelMeasures" is the item of that macro.
    """
    frames = [(segment, z) for segment, places in heights.items() for z in places]
    planes = sorted({z for _, z in frames})
    own = [
        item(
            FrameContentSequence=[item(DimensionIndexValues=[segment, planes.index(z) + 1])],
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, z])],
            SegmentIdentificationSequence=[item(ReferencedSegmentNumber=segment)],
        )
        for segment, z in frames
    ]
    measures = changes.pop("PixelMeasures", item(PixelSpacing=[1, 1], SliceThickness=3))
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=AXIAL)],
        PixelMeasuresSequence=[measures],
    )
    bits = np.repeat(np.arange(len(frames)) % 2, 8 * 8).astype(np.uint8)
    attributes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4",
        "Modality": "SEG",
        "SegmentationType": "BINARY",
        "SegmentSequence": [
            item(SegmentNumber=number, SegmentLabel=f"organ {number}") for number in heights
        ],
        "NumberOfFrames": len(frames),
        "Rows": 8,
        "Columns": 8,
        "BitsAllocated": 1,
        "BitsStored": 1,
        "HighBit": 0,
        "SharedFunctionalGroupsSequence": [shared],
        "PerFrameFunctionalGroupsSequence": own,
        "PixelData": np.packbits(bits, bitorder="little").tobytes() + b"\0" * (len(frames) % 2),
    }
    top = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    absent = dict.fromkeys((*top, "RescaleSlope", "RescaleIntercept"))
    return ct(**{**absent, **attributes, **changes})


def write_segmentation(path: Path, *, segments: int, planes: int) -> Path:
    """Write a fractional segmentation of so many segments and planes 3 mm apart."""
    heights = {s: [3.0 * (s + z) for z in range(planes)] for s in range(1, segments + 1)}
    return write(path, segmentation(heights, **FRACTIONS))
