"""Layers that are removed while another context is current."""

from __future__ import annotations

import numpy as np
from qtpy.QtGui import QOpenGLContext

from napari_medscan.napari_.compat.canvas_context import CanvasContext
from napari_medscan.napari_.qt_canvas import canvas_of


def test_layer_is_freed_in_the_context_of_its_canvas(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    native = canvas_of(viewer).canvas.native
    context = CanvasContext(viewer, canvas_of(viewer))
    current = []
    viewer.layers.events.removed.connect(
        lambda _event: current.append(QOpenGLContext.currentContext()), position="last"
    )
    for kept in (True, False):
        viewer.add_image(np.ones((8, 8)))
        qtbot.wait(50)
        native.doneCurrent()
        if not kept:
            context.release()
        viewer.layers.pop()
    assert current[0] == native.context()
    assert current[1] != native.context()
