"""Find the Qt widget that draws a viewer."""

from __future__ import annotations

import napari.viewer
from napari.qt import QtViewer
from qtpy.QtWidgets import QApplication

from napari_medscan.napari_.viewer_proxy import unwrapped


def canvas_of(viewer: napari.viewer.Viewer) -> QtViewer | None:
    """Return the Qt widget that draws a viewer, or the model of a pane.

    Returns
    -------
    napari.qt.QtViewer or None
        None if the viewer has no window, or its window has been closed.
    """
    viewer = unwrapped(viewer)
    if QApplication.instance() is None:
        return None
    for window in QApplication.topLevelWidgets():
        for canvas in window.findChildren(QtViewer):
            if canvas.viewer is viewer:
                return canvas
    return None


def focus_canvas(viewer: napari.viewer.Viewer | None) -> None:
    """Give the keyboard to the image of a viewer, if there is one."""
    canvas = None if viewer is None else canvas_of(viewer)
    if canvas is not None:
        canvas.setFocus()


def pixel_ratio(viewer: napari.viewer.Viewer) -> float:
    """Return how many pixels of the screen one pixel of a viewer's canvas has; 1 if unknown."""
    canvas = canvas_of(viewer)
    return 1.0 if canvas is None else float(canvas.devicePixelRatioF())
