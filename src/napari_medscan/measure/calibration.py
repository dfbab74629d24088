"""Calibrating by hand: a line whose true length is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_medscan.measure.quantity import MeasureError, Quantity


@dataclass(frozen=True, slots=True)
class Calibration:
    """How long a unit of length of a series is in truth.

    Parameters
    ----------
    factor : float
        Millimeters for one unit: for a pixel, or for a millimeter at the detector.
    note : str
        Stands beside every value that was calibrated, a sentence without the period.
    """

    factor: float
    note: str

    @classmethod
    def of(cls, measured: Quantity, millimeters: float) -> Calibration:
        """Return the calibration of a series from a length on it, and what it is in truth.

        Raises
        ------
        MeasureError
            If either is not a length above 0.
        """
        if measured.unit not in ("mm", "px") or not (measured.value > 0 and millimeters > 0):
            raise MeasureError("Calibration needs a line and its true length")
        note = f"Calibrated by hand: a line of {measured} is {millimeters:g} mm"
        return cls(millimeters / measured.value, note)

    def applied(self, quantity: Quantity) -> Quantity:
        """Return a length or an area of the series in truth; an angle stays as it is."""
        powers = {"px": 1, "mm": 1, "px²": 2, "mm²": 2}
        power = powers.get(quantity.unit)
        if power is None:
            return quantity
        unit = "mm" if power == 1 else "mm²"
        return replace(
            quantity, value=quantity.value * self.factor**power, unit=unit, note=self.note
        )
