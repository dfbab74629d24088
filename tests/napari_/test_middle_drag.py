"""The middle button moves the image below the pointer."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_medscan.napari_.middle_drag import MiddlePan
from napari_medscan.napari_.openings import follow_openings

from .hands import START, drag
from .test_planes import opened


@pytest.fixture
def viewer(make_napari_viewer, tmp_path, qtbot):
    viewer = make_napari_viewer(show=True)
    follow_openings(viewer)
    opened(viewer, tmp_path, 3)
    # The window lays out its bars after it is shown, and the canvas loses some pixels.
    qtbot.wait(100)
    return viewer


@pytest.fixture
def pan(viewer):
    pan = MiddlePan(viewer)
    yield pan
    pan.release()


def below(viewer, x, y):
    canvas = viewer.window._qt_window._qt_viewer.canvas
    viewbox, _ = canvas._get_viewbox_at((x, y))
    return np.array(canvas._map_canvas2world((x, y), viewbox))


@pytest.mark.usefixtures("pan")
@pytest.mark.parametrize("ways", [("down", "right"), ("up", "left"), ("down", "left")])
def test_middle_drag_moves_what_lies_below_the_pointer(viewer, qtbot, ways):
    viewer.scene.camera.orientation2d = ways
    zoom, grabbed = viewer.scene.camera.zoom, below(viewer, START.x(), START.y())
    drag(qtbot, viewer, 40, 20, Qt.MouseButton.MiddleButton)
    moved = below(viewer, START.x() + 40, START.y() + 20)
    assert moved == pytest.approx(grabbed, abs=1e-3)
    assert viewer.scene.camera.zoom == zoom


@pytest.mark.parametrize("case", ["paint", "hidden", "released", "3-D"])
def test_middle_drag_elsewhere_is_napari_s(viewer, pan, qtbot, case):
    drag(qtbot, viewer, 40, 20, Qt.MouseButton.MiddleButton)
    if case == "paint":
        viewer.add_labels(np.zeros((3, 4, 6), int)).mode = "paint"
    if case == "hidden":
        viewer.layers[0].visible = False
    if case == "3-D":
        viewer.dims.ndisplay = 3
    if case == "released":
        pan.release()
    center = viewer.scene.camera.center
    drag(qtbot, viewer, 40, 20, Qt.MouseButton.MiddleButton)
    assert viewer.scene.camera.center == center


@pytest.mark.usefixtures("pan")
def test_left_drag_pans_as_in_napari(viewer, qtbot):
    center = viewer.scene.camera.center
    drag(qtbot, viewer, 40, 20, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: viewer.scene.camera.center != center)
