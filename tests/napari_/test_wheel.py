"""The wheel on a real canvas; without a series of ours it is napari's."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_medscan.napari_ import settings
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.slider_index import index_in_view
from napari_medscan.napari_.wheel import WheelScroll

from .hands import wheel
from .test_planes import opened
from .test_scroll_axis import TIMED

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def viewer(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    follow_openings(viewer)
    return viewer


@pytest.fixture
def scroll(viewer):
    scroll = WheelScroll(viewer)
    yield scroll
    scroll.release()


@pytest.fixture
def layer(viewer, tmp_path):
    return opened(viewer, tmp_path / "ct", 9)


def shown(viewer, layer):
    return index_in_view(viewer, layer)[:-2]


@pytest.mark.usefixtures("scroll")
def test_wheel_toward_the_user_is_the_next_slice(viewer, layer):
    zoom = viewer.scene.camera.zoom
    assert shown(viewer, layer) == (4,)
    wheel(viewer, -1)
    assert shown(viewer, layer) == (5,)
    wheel(viewer, 1)
    wheel(viewer, 1)
    assert shown(viewer, layer) == (3,)
    assert viewer.scene.camera.zoom == zoom


@pytest.mark.usefixtures("scroll")
def test_wheel_parts_of_a_notch_add_up(viewer, layer):
    for _ in range(9):
        wheel(viewer, -0.1)
    assert shown(viewer, layer) == (4,)
    wheel(viewer, -0.1)
    assert shown(viewer, layer) == (5,)
    wheel(viewer, -0.9)
    # Another direction starts anew.
    wheel(viewer, 0.5)
    wheel(viewer, -0.5)
    assert shown(viewer, layer) == (5,)


@pytest.mark.usefixtures("scroll")
def test_wheel_sideways_does_not_scroll(viewer, layer):
    wheel(viewer, -3, sideways=True)
    assert shown(viewer, layer) == (4,)


@pytest.mark.usefixtures("scroll")
def test_wheel_beside_a_hidden_finer_layer_is_exact(viewer, layer):
    viewer.add_image(np.zeros((99, 4, 4)), scale=(0.17, 1, 1), visible=False)
    viewer.layers.selection.active = layer
    for place in (5, 6, 7, 8, 8):
        wheel(viewer, -1)
        assert shown(viewer, layer) == (place,)


@pytest.mark.usefixtures("scroll")
def test_wheel_while_labels_are_painted_scrolls(viewer, layer):
    labels = viewer.add_labels(np.zeros((9, 4, 6), int), scale=layer.scale)
    labels.mode = "paint"
    zoom = viewer.scene.camera.zoom
    wheel(viewer, -1)
    assert shown(viewer, layer) == (5,)
    assert viewer.scene.camera.zoom == zoom
    assert not np.any(labels.data)


@pytest.mark.usefixtures("scroll")
def test_wheel_without_an_active_layer_scrolls(viewer, layer):
    viewer.layers.selection.clear()
    wheel(viewer, -1)
    assert shown(viewer, layer) == (5,)


@pytest.mark.usefixtures("scroll")
def test_wheel_in_grid_mode_scrolls(viewer, layer, qtbot):
    viewer.add_labels(np.zeros((9, 4, 6), int), scale=layer.scale)
    viewer.layers.selection.active = layer
    viewer.canvas.grid.enabled = True
    canvas = viewer.window._qt_window._qt_viewer.canvas
    # napari lays out the grid when it draws.
    qtbot.waitUntil(lambda: canvas._get_viewbox_at((150, 150))[0] is not None)
    wheel(viewer, -1)
    assert shown(viewer, layer) == (5,)


@pytest.mark.usefixtures("scroll")
def test_wheel_in_another_plane_scrolls_across_it(viewer, layer):
    viewer.dims.order = (1, 0, 2)
    before = index_in_view(viewer, layer)[1]
    wheel(viewer, -1)
    assert index_in_view(viewer, layer)[1] == before + 1


@pytest.mark.usefixtures("scroll")
def test_wheel_with_shift_changes_the_time_point(viewer, tmp_path):
    layer = opened(viewer, tmp_path, 6, **TIMED)
    before = shown(viewer, layer)
    wheel(viewer, -1 if before[0] == 0 else 1, SHIFT)
    assert shown(viewer, layer) == (1 - before[0], before[1])
    # As macOS sends it.
    wheel(viewer, 1 if before[0] == 0 else -1, SHIFT, sideways=True)
    assert shown(viewer, layer) == before


@pytest.mark.usefixtures("scroll")
def test_wheel_with_shift_without_time_does_nothing(viewer, layer):
    wheel(viewer, -1, SHIFT)
    assert shown(viewer, layer) == (4,)


@pytest.mark.usefixtures("scroll")
@pytest.mark.parametrize("ways", [("down", "right"), ("up", "left")])
def test_wheel_with_control_zooms_around_the_pointer(viewer, layer, ways):
    viewer.scene.camera.orientation2d = ways
    canvas = viewer.window._qt_window._qt_viewer.canvas
    place = QPoint(90, 60)

    def below():
        viewbox, _ = canvas._get_viewbox_at((90, 60))
        return canvas._map_canvas2world((90, 60), viewbox)

    zoom, pointed = viewer.scene.camera.zoom, below()
    wheel(viewer, 2, CTRL, place)
    assert viewer.scene.camera.zoom > 1.3 * zoom
    assert below() == pytest.approx(pointed, abs=1e-3)
    assert shown(viewer, layer) == (4,)


@pytest.mark.usefixtures("scroll", "layer")
def test_wheel_in_3d_zooms(viewer, qtbot):
    viewer.dims.ndisplay = 3
    zoom = viewer.scene.camera.zoom
    wheel(viewer, 1)
    # napari learns of it when it draws.
    qtbot.waitUntil(lambda: viewer.scene.camera.zoom > zoom)


@pytest.mark.parametrize("case", ["foreign", "hidden", "switched off", "released"])
def test_wheel_without_a_current_series_is_napari_s(viewer, layer, scroll, qtbot, case):
    image = viewer.add_image(np.zeros((9, 4, 6)), scale=layer.scale)
    if case in ("foreign", "hidden"):
        layer.visible = False
    if case == "foreign":
        viewer.layers.remove(layer)
    if case == "switched off":
        settings.change(wheel_scrolls=False)
    if case == "released":
        scroll.release()
    viewer.dims.set_current_step(0, 4)
    zoom = viewer.scene.camera.zoom
    wheel(viewer, 1)
    qtbot.waitUntil(lambda: viewer.scene.camera.zoom > zoom)
    assert index_in_view(viewer, image)[0] == 4
    wheel(viewer, -1, CTRL)
    assert index_in_view(viewer, image)[0] == 5
    settings.change(wheel_scrolls=True)


def test_wheel_scroll_release_restores_napari_s_callbacks(viewer):
    before = list(viewer.mouse_wheel_callbacks)
    scroll = WheelScroll(viewer)
    assert viewer.mouse_wheel_callbacks != before
    scroll.release()
    scroll.release()
    assert viewer.mouse_wheel_callbacks == before
