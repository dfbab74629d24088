"""Switches for what the panel writes over the images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import napari.viewer

from napari_medscan.napari_ import settings
from napari_medscan.napari_.canvas_text import ScaleBar
from napari_medscan.napari_.corner_text import CornerText, IdentityText
from napari_medscan.napari_.orientation_letters import OrientationLetters
from napari_medscan.napari_.readout import CursorReadout
from napari_medscan.widgets.panel.form import Releasable, check


class Switch:
    """A check box for something that exists as long as the box is checked.

    Parameters
    ----------
    name : str
        Attribute of the page.
    text, tooltip : str
        What a user reads.
    make : callable
        Makes it.
    on : bool
        Whether it exists at first.
    """

    def __init__(
        self,
        name: str,
        text: str,
        tooltip: str,
        make: Callable[[], Releasable],
        *,
        on: bool = False,
    ) -> None:
        self._make = make
        self._made: Releasable | None = None
        self.box = check(name, text, tooltip, self._on_changed)
        self.box.value = on

    def release(self) -> None:
        """Stop it."""
        made, self._made = self._made, None
        if made is not None:
            made.release()

    def _on_changed(self, on: bool) -> None:  # noqa: FBT001 - a signal's value
        self.release()
        if on:
            self._made = self._make()


def overlay_switches(viewer: napari.viewer.Viewer) -> list[Switch]:
    """Return the switches of all overlays, on or off as the settings say."""
    chosen = settings.current()
    return [
        Switch(
            "letters",
            "Orientation letters",
            "R/L, A/P, S/I at the edges",
            partial(OrientationLetters, viewer),
            on=chosen.orientation_letters,
        ),
        Switch(
            "corner_text",
            "Corner annotations",
            "Series, slice, window and zoom, with warnings about the slice",
            partial(CornerText, viewer),
            on=chosen.corner_text,
        ),
        Switch(
            "patient_name",
            "Patient name",
            "Shows name, ID and date of birth. They will appear in screenshots.",
            partial(IdentityText, viewer),
            on=chosen.patient_in_corner,
        ),
        Switch(
            "scale_bar",
            "Scale bar",
            "In mm if the image is calibrated",
            partial(ScaleBar, viewer),
            on=True,
        ),
        Switch(
            "cursor_values",
            "Cursor value and position",
            "Pixel value and patient coordinates (LPS) in the status bar",
            partial(CursorReadout, viewer),
            on=True,
        ),
    ]
