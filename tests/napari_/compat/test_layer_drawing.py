"""Meshes that change without new shaders."""

from __future__ import annotations

import numpy as np
from napari.layers import Shapes
from vispy.visuals.shaders import ModularProgram

from napari_medscan.napari_.compat.layer_drawing import LayerDrawing
from napari_medscan.napari_.qt_canvas import canvas_of


def test_step_between_shapes_compiles_no_shaders(make_napari_viewer, monkeypatch, qtbot):
    viewer = make_napari_viewer(show=True)
    shaders = LayerDrawing(viewer, canvas_of(viewer))
    square = np.array([(0, 0), (0, 9), (9, 9), (9, 0)])
    paths = [np.column_stack((np.full(4, z), square + z)) for z in range(5)]
    viewer.add_layer(Shapes(paths, shape_type="path"))
    qtbot.wait(50)
    built = []
    build = ModularProgram._build
    monkeypatch.setattr(ModularProgram, "_build", lambda self: built.append(self) or build(self))
    images = []
    for z in range(5):
        viewer.dims.set_point(0, z)
        images.append(viewer.screenshot(flash=False))
    # The first may find the layer as it was added.
    built_by_last = list(built)
    viewer.dims.set_point(0, 1)
    assert np.array_equal(viewer.screenshot(flash=False), images[1])
    assert len(built) == len(built_by_last)
    assert not np.array_equal(images[1], images[2])
    shaders.release()
