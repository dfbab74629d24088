"""Texts and the scale bar on the canvas."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_medscan.napari_.canvas_text import CanvasText, ScaleBar
from napari_medscan.napari_.corner_text import _POINTS, _SMALL_POINTS

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def model():
    """Return a viewer without a window whose canvas has a size all the same."""
    model = ViewerModel()
    model.canvas.size = (400, 600)
    return model


def test_scale_bar_on_a_canvas_without_room_is_hidden(model, qtbot):
    bar = model.canvas.overlays["scale_bar"]
    ours = ScaleBar(model)
    assert bar.visible
    model.canvas.size = (400, 200)
    qtbot.waitUntil(lambda: not bar.visible)
    model.canvas.size = (400, 500)
    qtbot.waitUntil(lambda: bar.visible)
    ours.release()
    assert not bar.visible


def test_scale_bar_hidden_by_the_user_stays_hidden_when_the_camera_moves(model, qtbot):
    bar = model.canvas.overlays["scale_bar"]
    ours = ScaleBar(model)
    bar.visible = False
    model.scene.camera.zoom *= 2
    model.canvas.size = (400, 700)
    qtbot.wait(30)
    assert not bar.visible
    ours.release()


def test_text_of_any_number_of_lines_stands_in_its_box(make_napari_viewer, qtbot):
    """A black text on the white box of the light theme would not be seen beside it."""
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(900, 700)
    viewer.add_image(np.zeros((9, 9)), contrast_limits=(0, 1))
    viewer.scene.camera.zoom *= 9
    texts = {place: CanvasText(viewer, place, place) for place in ("top_left", "bottom_left")}
    for place in texts:
        viewer.canvas.overlays[place].color = "red"
        viewer.canvas.overlays[place].box_color = "blue"
    for points, count in product((_POINTS, _SMALL_POINTS), (1, 3, 4, 8)):
        lines = "\n".join(["CT 2g · Ép 2.5 mm"] * count)
        for place, text in texts.items():
            text.font_size = points
            text.show(lines)
            qtbot.wait(20)
            shot = viewer.screenshot(canvas_only=True, flash=False).astype(int)
            text.show("")
            for axis in (0, 1):
                (letters, box) = (
                    np.flatnonzero((shot[..., channel] > limit).any(1 - axis))
                    for channel, limit in ((0, 120), (2, 200))
                )
                where = (place, points, count, axis)
                # Of letters of some fonts, the tips are outside.
                assert box[0] - 2 <= letters[0] <= letters[-1] <= box[-1] + 2, where
