"""Parametric maps, written for the tests of objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from pydicom.dataset import Dataset

from ..making import ct, item
from .labeled import AXIAL, SPACING, STEP


def coded(meaning: str, value: str, scheme: str = "SCT") -> list[Dataset]:
    """Return a code sequence of one item."""
    return [item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)]


def quantity(meaning: str) -> Dataset:
    """Return an item of Quantity Definition Sequence."""
    return item(
        ValueType="CODE",
        ConceptNameCodeSequence=coded("Quantity", "246205007"),
        ConceptCodeSequence=coded(meaning, "113041", "DCM"),
    )


def parametric_map(
    values: ArrayLike,
    positions: Sequence[Sequence[float]],
    *,
    meaning: str = "Apparent Diffusion Coefficient",
    unit: str = "um2/s",
    slope: float = 1.0,
    double: bool = False,
    **changes: Any,
) -> Dataset:
    """Return a Parametric Map (PS3.3 A.75) of real numbers, (frames, rows, columns)."""
    pixels = np.array(values, np.float64 if double else np.float32)
    mapping = item(
        LUTLabel="1", RealWorldValueSlope=slope, RealWorldValueIntercept=0.0,
        MeasurementUnitsCodeSequence=coded("unit", unit, "UCUM"),
        DoubleFloatRealWorldValueFirstValueMapped=0.0,
        DoubleFloatRealWorldValueLastValueMapped=1e4,
    )  # fmt: skip
    if meaning:
        mapping.QuantityDefinitionSequence = [quantity(meaning)]
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=list(AXIAL))],
        PixelMeasuresSequence=[item(PixelSpacing=list(SPACING), SliceThickness=STEP)],
        RealWorldValueMappingSequence=[mapping],
    )
    own = [
        item(PlanePositionSequence=[item(ImagePositionPatient=list(map(float, place)))])
        for place in positions
    ]
    attributes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.30",
        "SOPInstanceUID": "1.2.3.7.1",
        "SeriesInstanceUID": "1.2.3.7",
        "SeriesNumber": 7,
        "SeriesDescription": None,
        "Modality": "MR",
        "NumberOfFrames": len(pixels),
        "Rows": pixels.shape[1],
        "Columns": pixels.shape[2],
        "BitsAllocated": 64 if double else 32,
        "SharedFunctionalGroupsSequence": [shared],
        "PerFrameFunctionalGroupsSequence": own,
        "DoubleFloatPixelData" if double else "FloatPixelData": pixels.tobytes(),
    }
    names = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "PixelData")
    integer = ("BitsStored", "HighBit", "PixelRepresentation", "RescaleSlope", "RescaleIntercept")
    return ct(**{**dict.fromkeys((*names, *integer)), **attributes, **changes})
