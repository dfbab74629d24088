"""A drag ends where the mouse is let go, and a corner is where it is clicked, however fast."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_medscan.napari_.compat.last_move import LastMove
from napari_medscan.napari_.compat.viewer_model import camera_of

from ..hands import NONE, START, _move, canvas_of


@pytest.mark.parametrize("mode", ["add_line", "add_rectangle", "add_ellipse"])
def test_shape_ends_where_a_fast_drag_ends(make_napari_viewer, qtbot, mode):
    viewer = make_napari_viewer(show=True)
    last_move = LastMove(viewer.window._qt_window._qt_viewer)
    layer = viewer.add_shapes(ndim=2)
    viewer.dims.ndisplay = 2
    camera_of(viewer).zoom = 1
    layer.mode = mode
    canvas, end = canvas_of(viewer), START + QPoint(80, 60)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, NONE, START)
    for part in range(1, 5):
        # No time between them: vispy passes over all but the first.
        _move(canvas, START + QPoint(20 * part, 15 * part), Qt.MouseButton.LeftButton, NONE)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, NONE, end)
    (vertices,) = layer.data
    np.testing.assert_allclose(np.ptp(vertices, axis=0), (60, 80), atol=1.5)
    last_move.release()


def test_corner_is_where_a_fast_mouse_clicks(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    last_move = LastMove(viewer.window._qt_window._qt_viewer)
    layer = viewer.add_shapes(ndim=2)
    camera_of(viewer).zoom = 1
    layer.mode = "add_polyline"
    canvas = canvas_of(viewer)
    for corner in (QPoint(0, 0), QPoint(80, 0), QPoint(80, 60)):
        # Several moves in no time: vispy passes over all but the first.
        for _ in range(2):
            _move(canvas, START + corner, Qt.MouseButton.NoButton, NONE)
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, NONE, START + corner)
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, NONE, START + corner)
    layer._finish_drawing()
    (vertices,) = layer.data
    np.testing.assert_allclose(np.diff(vertices[:3], axis=0), [[0, 80], [60, 0]], atol=1.5)
    last_move.release()
