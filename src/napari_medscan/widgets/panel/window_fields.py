"""The fields for window width and level."""

from __future__ import annotations

from magicgui.widgets import Label, Widget
from napari.layers import Image

from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.presets import display_scale
from napari_medscan.napari_.windowing import center_width
from napari_medscan.widgets.panel.form import Call, number, quiet, row
from napari_medscan.widgets.panel.number_text import decimals, step

_GREATEST = 1e15
_SHORT_UNIT = 2
"""Letters of a unit for which a field has room: HU."""


class WindowFields:
    """Fields named ``window_width`` and ``level``, side by side in `row`.

    Parameters
    ----------
    on_width, on_level : callable
        Called with a number that was entered, in the unit that is displayed.
    """

    def __init__(self, on_width: Call, on_level: Call) -> None:
        span, least = (-_GREATEST, _GREATEST), (0, _GREATEST)
        self._width = number("window_width", "Window width", on_width, limits=least, value=1)
        self._level = number("level", "Window level", on_level, limits=span, value=0)
        self.row: Widget = row(Label(value="W"), self._width, Label(value="L"), self._level)

    def show(self, layer: Image, stack: Stack) -> None:
        """Show the window of a layer, with the decimals that matter for its width."""
        factor, unit = display_scale(stack)
        center, width = (value * factor for value in center_width(layer))
        # A longer unit would be cut off in the field.
        suffix = f" {unit}" if 0 < len(unit) <= _SHORT_UNIT else ""
        for field, value in ((self._level, center), (self._width, width)):
            with quiet(field):
                field.native.setSuffix(suffix)
                field.native.setToolTip(f"Window {field.name.removeprefix('window_')} {unit}")
                field.native.setDecimals(decimals(width))
                field.native.setSingleStep(step(width))
                field.value = min(max(value, field.min), field.max)
