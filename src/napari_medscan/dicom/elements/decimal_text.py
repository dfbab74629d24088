"""Numbers written as text, read only where their meaning is certain.

PS3.5 table 6.2-1 (DS, IS) allows a sign, digits, a decimal point and an exponent. Software that
formats numbers for a locale writes a decimal comma, and some software appends the unit.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Final

from napari_medscan.dicom.elements.attribute_tags import Tag

_LENGTHS = (
    Tag.PixelSpacing,
    Tag.ImagerPixelSpacing,
    Tag.NominalScannedPixelSpacing,
    Tag.ImagePlanePixelSpacing,
    Tag.SliceThickness,
    Tag.SpacingBetweenSlices,
    Tag.ImagePositionPatient,
    Tag.GridFrameOffsetVector,
)
_HOUNSFIELD = (Tag.RescaleSlope, Tag.RescaleIntercept, Tag.WindowCenter, Tag.WindowWidth)
UNITS: Final[dict[int, bytes]] = {
    **dict.fromkeys(_LENGTHS, b"MM"),
    **dict.fromkeys(_HOUNSFIELD, b"HU"),
}
"""The unit that may follow a number, in capitals: the one the attribute has by definition."""

_BLANKS = b" \0\t\r\n"
_DECIMAL = re.compile(rb"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(rb"[+-]?[1-9]\d{0,2},\d{3}")
"""One and a half, or one thousand five hundred: "1,500" can mean both."""


def read_decimals(data: bytes, unit: bytes = b"") -> tuple[float, ...] | None:
    """Return the numbers of a text value, or None unless all of them are certain.

    A comma is a decimal comma if no value has a point and if at least one comma cannot separate
    thousands.

    Parameters
    ----------
    data : bytes
        Values separated by backslashes; empty ones at the end are ignored.
    unit : bytes
        Unit that may follow each number, in capitals.
    """
    parts = _parts(data, unit)
    if not all(_DECIMAL.fullmatch(part) for part in parts):
        return None
    commas = [part for part in parts if b"," in part]
    if commas and (
        any(b"." in part for part in parts) or all(_GROUPED.fullmatch(part) for part in commas)
    ):
        return None
    numbers = tuple(float(part.replace(b",", b".")) for part in parts)
    return numbers if all(map(isfinite, numbers)) else None


def read_each_decimal(data: bytes, unit: bytes = b"") -> tuple[float | None, ...]:
    """Return the numbers of a text value, None for each that is not certain."""
    return tuple(
        numbers[0] if (numbers := read_decimals(part)) else None for part in _parts(data, unit)
    )


def _parts(data: bytes, unit: bytes) -> list[bytes]:
    parts = [part.strip(_BLANKS) for part in data.split(b"\\")]
    while parts and not parts[-1]:
        parts.pop()
    if unit:
        parts = [
            part[: -len(unit)].rstrip(_BLANKS) if part.upper().endswith(unit) else part
            for part in parts
        ]
    return parts
