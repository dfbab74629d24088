"""A field for a number of any magnitude."""

from __future__ import annotations

import math

from qtpy.QtWidgets import QDoubleSpinBox, QWidget

_GREATEST = 1e15


class NumberField(QDoubleSpinBox):
    """A number with as many decimals as make sense, and none that are 0.

    Parameters
    ----------
    parent : QWidget, optional
        Where it lies.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(-_GREATEST, _GREATEST)
        self.setKeyboardTracking(False)
        # Its own width would be that of the longest number that it could hold.
        self.setMinimumWidth(60)

    def show_number(self, value: float, scale: float) -> None:
        """Show a number without telling that it changed.

        Parameters
        ----------
        value : float
            What to show.
        scale : float
            What is a lot of it: decides about decimals and steps.
        """
        magnitude = _magnitude(scale)
        blocked = self.blockSignals(True)
        self.setDecimals(min(max(3 - magnitude, 1), 12))
        self.setSingleStep(10.0 ** (magnitude - 1) / 2)
        self.setValue(value)
        self.blockSignals(blocked)

    def textFromValue(self, value: float) -> str:  # noqa: N802 - Qt's name
        """Return the number without zeros after the last decimal."""
        text = super().textFromValue(value)
        point = self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text


def rounded(number: float, scale: float) -> str:
    """Return a number to a hundredth of `scale` or better."""
    digits = max(0, 3 - _magnitude(scale))
    # Plus 0: what rounds to nothing is written without a minus.
    text = f"{round(number, digits) + 0.0:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def _magnitude(scale: float) -> int:
    """Return the power of ten of what is a lot of a number."""
    return math.floor(math.log10(max(scale, 1e-12)))
