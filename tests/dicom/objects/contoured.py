"""RT Structure Sets, written for the tests of objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from pydicom.dataset import Dataset

from ..making import ct, item

Contours = Sequence[tuple[str, ArrayLike]]
"""Contour Geometric Type and points in LPS, mm."""


def rtstruct(
    rois: Mapping[str, Contours], *, frame_of_reference: str = "1.2.3.3", **changes: Any
) -> Dataset:
    """Return an RT Structure Set (PS3.3 A.19) of regions by name, numbered from 1."""
    names = list(rois)
    absent = (
        "FrameOfReferenceUID", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing",
        "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated",
        "BitsStored", "HighBit", "PixelRepresentation", "RescaleIntercept", "RescaleSlope",
        "PixelData",
    )  # fmt: skip
    attributes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.481.3",
        "SOPInstanceUID": "1.2.3.8.1",
        "SeriesInstanceUID": "1.2.3.8",
        "SeriesNumber": 8,
        "SeriesDescription": "Plan",
        "Modality": "RTSTRUCT",
        "StructureSetROISequence": [
            item(ROINumber=n, ReferencedFrameOfReferenceUID=frame_of_reference, ROIName=name)
            for n, name in enumerate(names, 1)
        ],
        "ROIContourSequence": [
            item(
                ROIDisplayColor=[255, 0, 51 * n],
                ReferencedROINumber=n,
                **({"ContourSequence": _contours(rois[name])} if rois[name] else {}),
            )
            for n, name in enumerate(names, 1)
        ],
    }
    return ct(**{**dict.fromkeys(absent), **attributes, **changes})


def _contours(contours: Contours) -> list[Dataset]:
    return [
        item(
            ContourGeometricType=kind,
            NumberOfContourPoints=len(np.reshape(points, (-1, 3))),
            ContourData=[f"{x:.4f}" for x in np.ravel(points)],
        )
        for kind, points in contours
    ]
