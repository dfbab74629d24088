"""The scale bar on the canvas."""

from __future__ import annotations

import pytest
from napari.components import ViewerModel

from napari_medscan.napari_.canvas_text import ScaleBar

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
