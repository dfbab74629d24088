"""RT Dose grids over the CT of `labeled`, written for the tests of objects."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ..making import ct
from .labeled import CORNER

STEP, SPACING = 1.75, (1.1, 1.3)
"""Of the dose grid: planes between those of the CT, as planning systems calculate them."""
SCALING = 0.01
OFFSET = (0.3, 0.4, 0.6)
"""Of the first voxel from that of the CT, mm."""


def rtdose(values: NDArray[np.uint16], *, absolute: bool = False, **changes: Any) -> Dataset:
    """Return an RT Dose (PS3.3 A.18) of planes, rows and columns of stored values.

    Parameters
    ----------
    values : ndarray
        Stored values; a hundredth of them is dose in Gy.
    absolute : bool
        Grid Frame Offset Vector holds positions along z instead of distances (C.8.8.3.2).
    """
    corner = [a + b for a, b in zip(CORNER, OFFSET, strict=True)]
    offsets = [STEP * plane + (corner[2] if absolute else 0) for plane in range(len(values))]
    attributes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.481.2",
        "SOPInstanceUID": "1.2.3.7.1",
        "SeriesInstanceUID": "1.2.3.7",
        "SeriesNumber": 7,
        "SeriesDescription": "Plan dose",
        "Modality": "RTDOSE",
        "ImagePositionPatient": corner,
        "PixelSpacing": list(SPACING),
        "Rows": values.shape[1],
        "Columns": values.shape[2],
        "NumberOfFrames": len(values),
        "GridFrameOffsetVector": offsets,
        "FrameIncrementPointer": 0x3004000C,
        "BitsStored": 16,
        "HighBit": 15,
        "DoseUnits": "GY",
        "DoseGridScaling": SCALING,
        "RescaleIntercept": None,
        "RescaleSlope": None,
        "PixelData": values.astype("<u2").tobytes(),
    }
    return ct(**{**attributes, **changes})
