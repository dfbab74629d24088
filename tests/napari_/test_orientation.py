"""Rotated and flipped views; the letters follow, the data do not change."""

import numpy as np
import pytest

from napari_medscan.napari_.orientation import flip_view, rotate_view
from napari_medscan.napari_.orientation_letters import edge_letters
from napari_medscan.napari_.planes import show_plane

from .test_planes import CONVENTION, opened


@pytest.fixture
def layer(viewer, tmp_path):
    return opened(viewer, tmp_path, 9)


def moved(edges, **ways):
    """Return the letters after each edge has taken those of another."""
    return {edge: edges[ways[edge]] for edge in edges}


CLOCKWISE = {"top": "left", "right": "top", "bottom": "right", "left": "bottom"}
COUNTER = {"top": "right", "left": "top", "bottom": "left", "right": "bottom"}


@pytest.mark.parametrize("plane", CONVENTION)
@pytest.mark.parametrize(("clockwise", "ways"), [(True, CLOCKWISE), (False, COUNTER)])
def test_rotate_view_turns_the_letters(viewer, layer, plane, clockwise, ways):
    show_plane(viewer, layer, plane)
    expected = CONVENTION[plane]
    for _ in range(4):
        rotate_view(viewer, layer, clockwise=clockwise)
        expected = moved(expected, **ways)
        assert edge_letters(viewer) == expected
    assert expected == CONVENTION[plane]


@pytest.mark.parametrize("plane", CONVENTION)
def test_flip_view_exchanges_the_letters(viewer, layer, plane):
    show_plane(viewer, layer, plane)
    flip_view(viewer)
    edges = CONVENTION[plane]
    flipped = {**edges, "left": edges["right"], "right": edges["left"]}
    assert edge_letters(viewer) == flipped
    flip_view(viewer, vertically=True)
    flipped = {**flipped, "top": edges["bottom"], "bottom": edges["top"]}
    assert edge_letters(viewer) == flipped


def test_rotate_view_keeps_the_slice_and_the_data(viewer, layer):
    before = viewer.dims.point, np.array(layer.affine), tuple(layer.scale)
    rotate_view(viewer, layer)
    assert viewer.dims.point == before[0]
    assert np.array_equal(np.array(layer.affine), before[1])
    assert tuple(layer.scale) == before[2]


def test_rotate_view_that_is_fit_is_fit_again(viewer, layer):
    # The canvas is 800 x 600, the slice 6 columns by 4 rows of 1 mm: its height fills it.
    wide = viewer.scene.camera.zoom
    rotate_view(viewer, layer)
    tall = viewer.scene.camera.zoom
    assert tall != wide
    rotate_view(viewer, layer)
    assert viewer.scene.camera.zoom == pytest.approx(wide)


def test_rotate_view_keeps_zoom_and_center_that_the_user_chose(viewer, layer):
    viewer.scene.camera.zoom = 77
    viewer.scene.camera.center = (0, 1, 4)
    rotate_view(viewer, layer)
    assert viewer.scene.camera.zoom == 77
    assert viewer.scene.camera.center == (0, 4, 1)
