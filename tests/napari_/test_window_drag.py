"""Right-button windowing in the real canvas; everything else of the mouse is napari's."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_medscan.dicom import load
from napari_medscan.dicom.intensity.window import Window
from napari_medscan.napari_ import settings
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.window_drag import FULL, WindowDrag
from napari_medscan.napari_.windowing import center_width, show

from ..studies import write_series
from . import hands
from .hands import NONE


@pytest.fixture
def viewer(make_napari_viewer, tmp_path):
    for number in (1, 2):
        write_series(tmp_path, 3, series=number)
    viewer = make_napari_viewer(show=True)
    for layer in image_layers(load(tmp_path).stacks):
        viewer.add_layer(layer)
        layer.visible = True
        show(layer, Window("w", 40, 400))
    return viewer


@pytest.fixture
def dragging(viewer):
    drag = WindowDrag(viewer, lambda layer: [layer])
    yield drag
    drag.release()


def drag(qtbot, viewer, x, y, button=Qt.MouseButton.RightButton, keys=NONE):
    hands.drag(qtbot, viewer, x, y, button, keys)


@pytest.mark.usefixtures("dragging")
@pytest.mark.parametrize(
    ("x", "y", "center", "width"),
    [
        (100, 0, 40, 400 + 2 * 400 * 100 / FULL),
        (-100, 0, 40, 400 - 2 * 400 * 100 / FULL),
        (0, 100, 40 + 400 * 100 / FULL, 400),
        (0, -100, 40 - 400 * 100 / FULL, 400),
    ],
)
@pytest.mark.parametrize("ndisplay", [2, 3])
def test_sideways_is_width_and_up_and_down_is_center(viewer, qtbot, x, y, center, width, ndisplay):
    viewer.dims.ndisplay = ndisplay
    zoom, angles = viewer.scene.camera.zoom, viewer.scene.camera.angles
    drag(qtbot, viewer, x, y)
    assert center_width(viewer.layers[1]) == pytest.approx((center, width))
    assert center_width(viewer.layers[0]) == (40, 400)
    assert viewer.scene.camera.zoom == zoom
    assert viewer.scene.camera.angles == angles


@pytest.mark.usefixtures("dragging")
def test_the_width_stays_positive_and_a_narrow_window_opens_again(viewer, qtbot):
    layer = viewer.layers[1]
    drag(qtbot, viewer, -400, 0)
    low, high = layer.contrast_limits
    assert high > low
    for _ in range(5):
        drag(qtbot, viewer, 400, 0)
    assert center_width(layer)[1] > 400


def test_all_targets_change_together(viewer, qtbot):
    dragging = WindowDrag(viewer, lambda _layer: list(viewer.layers))
    drag(qtbot, viewer, 100, 50)
    first, second = map(center_width, viewer.layers)
    assert first == second != (40, 400)
    dragging.release()


def test_switched_off_or_released_napari_zooms(viewer, dragging, qtbot):
    settings.change(right_drag=False)
    for _ in range(2):
        zoom = viewer.scene.camera.zoom
        drag(qtbot, viewer, 0, 60)
        assert viewer.scene.camera.zoom != zoom
        assert center_width(viewer.layers[1]) == (40, 400)
        settings.change(right_drag=True)
        dragging.release()


@pytest.mark.usefixtures("dragging")
def test_the_left_button_and_modifiers_are_napari_s(viewer, qtbot):
    drag(qtbot, viewer, 50, 50, Qt.MouseButton.LeftButton)
    drag(qtbot, viewer, 50, 50, keys=Qt.KeyboardModifier.ShiftModifier)
    assert center_width(viewer.layers[1]) == (40, 400)


@pytest.mark.usefixtures("dragging")
def test_a_layer_of_another_kind_keeps_its_right_button_while_it_is_edited(viewer, qtbot):
    labels = viewer.add_labels(np.zeros((3, 4, 6), int))
    labels.mode = "polygon"
    drag(qtbot, viewer, 100, 0)
    assert center_width(viewer.layers[1]) == (40, 400)
    labels.mode = "pan_zoom"
    drag(qtbot, viewer, 100, 0)
    assert center_width(viewer.layers[1])[1] > 400


def test_without_a_layer_of_ours_napari_zooms(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    viewer.add_image(np.zeros((50, 50)))
    dragging = WindowDrag(viewer, lambda layer: [layer])
    zoom = viewer.scene.camera.zoom
    drag(qtbot, viewer, 0, 60)
    # napari learns of it when it draws.
    qtbot.waitUntil(lambda: viewer.scene.camera.zoom != zoom)
    dragging.release()
