"""Panes that zoom and pan together."""

import numpy as np
import pytest

from napari_medscan.napari_.canvas_fit import fit_to_canvas
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.panes.camera_link import CameraLink
from napari_medscan.napari_.panes.canvas_plane import place_of

from .test_canvas_plane import CENTER, opened
from .test_position_link import PaneStandIn


@pytest.fixture
def linked(qtbot):
    links = []

    def linked(*models, are_linked=lambda _one, _other: True):
        for model in models:
            fit_to_canvas(model, current_layer(model))
        links.append(CameraLink([PaneStandIn(model) for model in models], are_linked))
        return [model.scene.camera for model in models]

    yield linked
    qtbot.wait(10)
    for each in links:
        each.release()


def place_at_center(model, layer):
    center = np.array(model.dims.point)
    center[list(model.dims.displayed)] = model.scene.camera.center[-2:]
    return place_of(model, layer, center)


@pytest.mark.parametrize("kind", ["axial", "flipped"])
def test_pan_goes_to_the_same_side_of_the_patient_and_zoom_by_the_same_factor(
    tmp_path, linked, qtbot, kind
):
    one, layer = opened(tmp_path / "a", "axial")
    other, twin = opened(tmp_path / "b", kind, series=4, middle=CENTER)
    mine, theirs = linked(one, other)
    before = theirs.zoom
    mine.zoom *= 2
    mine.center = (0, mine.center[1] + 2, mine.center[2] + 3)
    qtbot.wait(20)
    assert theirs.zoom == pytest.approx(2 * before)
    places = [
        np.array(place_at_center(model, each)) for model, each in ((one, layer), (other, twin))
    ]
    np.testing.assert_allclose(*places, atol=1e-6)


def test_fit_and_another_size_of_the_canvas_move_no_other_pane(tmp_path, linked, qtbot):
    one, layer = opened(tmp_path / "a", "axial")
    other, _ = opened(tmp_path / "b", "axial", series=4)
    _, theirs = linked(one, other)
    before = theirs.zoom
    one.canvas.size = (200, 200)
    qtbot.wait(20)
    fit_to_canvas(one, layer)
    qtbot.wait(20)
    assert theirs.zoom == before


def test_panes_that_are_not_linked_stay(tmp_path, linked, qtbot):
    one, _ = opened(tmp_path / "a", "axial")
    other, _ = opened(tmp_path / "b", "axial", series=4)
    mine, theirs = linked(one, other, are_linked=lambda _one, _other: False)
    before = theirs.zoom, tuple(theirs.center)
    mine.zoom *= 2
    qtbot.wait(20)
    assert (theirs.zoom, tuple(theirs.center)) == before


def test_fit_after_zoom_fits_the_other_pane_too(tmp_path, linked, qtbot):
    one, layer = opened(tmp_path / "a", "axial")
    other, _ = opened(tmp_path / "b", "axial", series=4)
    mine, theirs = linked(one, other)
    before = theirs.zoom
    mine.zoom *= 2
    qtbot.wait(20)
    assert theirs.zoom == pytest.approx(2 * before)
    fit_to_canvas(one, layer)
    qtbot.wait(20)
    assert theirs.zoom == pytest.approx(before)
