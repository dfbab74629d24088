"""Switches for what is written over the images."""

from __future__ import annotations

from functools import partial

from magicgui.widgets import CheckBox

from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.viewer_tools import ViewerTools
from napari_medscan.widgets.panel.form import check, put

_SWITCHES = (
    ("letters", "Orientation letters", "R/L, A/P, S/I at the edges"),
    (
        "corner_text",
        "Corner annotations",
        "Series, slice, window and zoom, with warnings about the slice",
    ),
    (
        "patient_name",
        "Patient name",
        "Shows name, ID and date of birth. They will appear in screenshots.",
    ),
    ("scale_bar", "Scale bar", "In mm if the image is calibrated"),
    (
        "cursor_values",
        "Cursor value and position",
        "Pixel value and patient coordinates (LPS) in the status bar",
    ),
)


class OverlaySwitches:
    """A check box for each overlay of a viewer.

    Parameters
    ----------
    tools : ViewerTools
        The overlays; released with the switches if no series was opened.
    """

    def __init__(self, tools: ViewerTools) -> None:
        self._tools = tools
        self.boxes: dict[str, CheckBox] = {
            name: check(name, text, tooltip, partial(self._on_box, name), value=tools.is_on(name))
            for name, text, tooltip in _SWITCHES
        }
        self._show = guarded(self._on_switched)
        tools.switched.connect(self._show)

    def release(self) -> None:
        """Let go of the overlays, which stay if a series was opened."""
        self._tools.switched.disconnect(self._show, missing_ok=True)
        if not self._tools.stays:
            self._tools.release()

    def _on_box(self, name: str, on: bool) -> None:  # noqa: FBT001 - a signal's value
        self._tools.switch(name, on=on)

    def _on_switched(self, name: str, on: bool) -> None:  # noqa: FBT001 - a signal's value
        put(self.boxes[name], on)
