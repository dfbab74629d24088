"""A measured value with its unit, and why something cannot be measured."""

from __future__ import annotations

from dataclasses import dataclass

from napari_medscan.dicom.errors import MedscanError


class MeasureError(MedscanError):
    """Something cannot be measured; the text is a sentence without the period."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured value.

    Parameters
    ----------
    value : float
        In `unit`.
    unit : str
        "mm", "mm²", "°"; "px" or "px²" without calibration; of a voxel that of its series.
    note : str
        What limits it, a sentence without the period: "Distances are at the detector plane …".
    """

    value: float
    unit: str
    note: str = ""

    def __str__(self) -> str:
        """Return the value with its unit: "22.5 mm"."""
        gap = "" if self.unit in ("°", "") else " "
        return f"{number_text(self.value)}{gap}{self.unit}"


def number_text(value: float, digits: int = 4) -> str:
    """Return a number with so many digits, a greater one whole: "25447", never "2.545e+04"."""
    return f"{value:.0f}" if abs(value) >= 10**digits - 0.5 else f"{value:.{digits}g}"
