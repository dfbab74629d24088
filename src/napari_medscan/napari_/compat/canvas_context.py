"""What drew a removed layer is freed in the OpenGL context of its own canvas."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

import napari.viewer
from napari.qt import QtViewer

from napari_medscan.napari_.failure_log import guarded

if TYPE_CHECKING:
    from qtpy.QtOpenGLWidgets import QOpenGLWidget


class CanvasContext:
    """Makes the context of a canvas current before napari frees what drew a layer.

    napari (0.6 to 0.10) has vispy delete buffers and programs when a layer is removed, in whatever
    context was current last: Qt's own, or that of another canvas, whose objects have the same
    numbers. The next drawing may then end the process.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers.
    canvas : QtViewer
        What draws them.
    """

    def __init__(self, viewer: napari.viewer.Viewer, canvas: QtViewer) -> None:
        self._layers, self._canvas = viewer.layers, canvas
        self._removing = guarded(self._make_current)
        viewer.layers.events.removing.connect(self._removing)

    def release(self) -> None:
        """Leave layers that are removed from now on to napari."""
        self._layers.events.removing.disconnect(self._removing)

    def _make_current(self, _event: object = None) -> None:
        # Of a window that is being closed, Qt's part may be gone.
        with suppress(RuntimeError):
            cast("QOpenGLWidget", self._canvas.canvas.native).makeCurrent()
