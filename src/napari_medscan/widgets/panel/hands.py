"""Wheel, buttons and keys of one canvas."""

from __future__ import annotations

import napari.viewer

from napari_medscan.napari_.keys import SeriesKeys
from napari_medscan.napari_.middle_drag import MiddlePan
from napari_medscan.napari_.wheel import WheelScroll
from napari_medscan.widgets.panel.form import Releasable


class Hands:
    """The mouse wheel, the middle button and the keys of a canvas, until they are released.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Any viewer, or the model of a pane.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._parts: list[Releasable] = [
            WheelScroll(viewer),
            MiddlePan(viewer),
            SeriesKeys(viewer),
        ]

    def release(self) -> None:
        """Give them back to napari; may be called again."""
        while self._parts:
            self._parts.pop().release()
