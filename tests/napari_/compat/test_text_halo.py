"""Texts of layers that are read on any image."""

from __future__ import annotations

import gc
import weakref

import numpy as np
from napari.layers import Points

from napari_medscan.napari_.compat.layer_drawing import LayerDrawing
from napari_medscan.napari_.qt_canvas import canvas_of


def colors(viewer):
    """Return the colors around the middle of the canvas, shape (n, 3)."""
    shot = viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    rows, columns = (size // 4 for size in shot.shape[:2])
    return shot[rows:-rows, columns:-columns].reshape(-1, 3)


def count(colors, low, high):
    """Return how many colors are between two, in all three channels."""
    return np.count_nonzero((colors >= low).all(1) & (colors <= high).all(1))


def text(color):
    string = {"constant": "120 mm"}
    return Points(
        [(4, 4)],
        size=0.01,
        text={"string": string, "color": color, "size": 20, "anchor": "center"},
    )


def test_text_is_read_on_an_image_of_about_its_own_color(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    for value, color, low, high in ((1.0, "yellow", 0, 80), (0.0, "black", 180, 255)):
        viewer.add_image(np.full((9, 9), value), contrast_limits=(0, 1))
        viewer.add_layer(text(color))
        # The point itself is a pixel, which the letters of some fonts do not cover.
        assert count(colors(viewer), low, high) <= 1
        viewer.layers.pop()
        drawing = LayerDrawing(viewer, canvas_of(viewer))
        viewer.add_layer(text(color))
        shot = colors(viewer)
        assert count(shot, low, high) > 200
        if color == "yellow":
            assert count(shot, (200, 200, 0), (255, 255, 60)) > 100
        drawing.release()
        viewer.layers.pop()


def test_what_draws_a_text_goes_with_its_layer(make_napari_viewer):
    viewer = make_napari_viewer()
    canvas = canvas_of(viewer)
    drawing = LayerDrawing(viewer, canvas)
    layer = text("yellow")
    viewer.add_layer(layer)
    node = weakref.ref(canvas.layer_to_visual[layer].node.text)
    assert "draw" in vars(node())
    viewer.layers.clear()
    del layer
    gc.collect()
    assert node() is None
    drawing.release()
