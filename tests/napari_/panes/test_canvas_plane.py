"""Planes on canvases and their cuts, against positions worked out from the files' tags alone."""

from itertools import product

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_medscan.dicom import load
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.panes.canvas_plane import image_on, plane_on, to_canvas, to_world
from napari_medscan.napari_.planes import PLANES, show_plane
from napari_medscan.napari_.view import bring_into_view

from ...studies import write_series
from ..test_orientation_letters import oblique_of

ORIENTATIONS = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
    "flipped": ((-1, 0, 0), (0, -1, 0)),
    "oblique": oblique_of((1, 0, 0), (0, 1, 0)),
}
SPACING = (0.5, 0.75)
CENTER = np.array([1.9, 0.75, 8.0])


def opened(folder, orientation, *, slices=9, series=3, tilt=(0, 0, 0), middle=None, **changes):
    """Return a model that shows a series around a place, and its layer."""
    row, column = (np.array(v, float) for v in ORIENTATIONS[orientation])
    step = 2 * np.cross(row, column) + tilt
    middle = CENTER if middle is None else np.array(middle)
    first = middle - step * (slices - 1) / 2 - row * SPACING[1] * 2.5 - column * SPACING[0] * 1.5
    write_series(
        folder,
        slices,
        series=series,
        **{
            "ImageOrientationPatient": [round(float(v), 9) for v in (*row, *column)],
            "ImagePositionPatient": lambda i: [round(float(v), 6) for v in first + step * i],
            **changes,
        },
    )
    (layer,) = image_layers(load(folder).stacks)
    model = ViewerModel()
    model.canvas.size = (300, 400)
    model.add_layer(layer)
    bring_into_view(model, layer)
    return model, layer


def place_in_files(layer, z, y, x):
    """The place of a voxel by the tags of its slice (PS3.3 C.7.6.2.1.1)."""
    slice_ = stack_of(layer).slices[z]
    cosines = np.array(slice_.orientation)
    along_row, along_column = cosines[:3] * SPACING[1] * x, cosines[3:] * SPACING[0] * y
    return np.array(slice_.position) + along_row + along_column


def on_slice(layer, z, place):
    """Distance of a place from the plane of a slice, by its tags."""
    slice_ = stack_of(layer).slices[z]
    cosines = np.array(slice_.orientation)
    normal = np.cross(cosines[:3], cosines[3:])
    return abs(float(normal @ (place - np.array(slice_.position))))


def at(plane, x, y):
    return plane.corner + plane.right * x + plane.down * y


@pytest.mark.parametrize("ways", list(product(("up", "down"), ("left", "right"))))
def test_to_world_undoes_to_canvas(tmp_path, ways):
    model, _ = opened(tmp_path, "axial")
    model.scene.camera.orientation2d = ways
    model.scene.camera.zoom, model.scene.camera.center = 7.5, (0, 3, 4)
    x, y = to_canvas(model, to_world(model, 11, 222))
    assert (x, y) == pytest.approx((11, 222))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("tilt", [(0, 0, 0), (0, 0.7, 0)], ids=["straight", "tilted"])
def test_plane_on_any_series_and_plane_draws_voxels_where_the_files_say(
    tmp_path, orientation, plane, tilt
):
    model, layer = opened(tmp_path, orientation, tilt=tilt)
    assert show_plane(model, layer, plane)
    across = model.dims.order[0]
    model.dims.set_current_step(across, 2)
    found = plane_on(model, layer)
    for index in ((2, 2, 2), (2, 0, 5), (5, 2, 2), (5, 3, 2), (7, 2, 4)):
        if index[across] != 2:
            continue
        x, y = to_canvas(model, np.array(layer.data_to_world(index)))
        place = place_in_files(layer, *index)
        assert at(found, x, y) == pytest.approx(place, abs=1e-4)
        assert found.project(place) == pytest.approx((x, y, 0), abs=1e-3)


def test_plane_on_unevenly_spaced_slices_is_that_of_the_slice(tmp_path):
    positions = [0, 2, 5, 6, 11]
    model, layer = opened(
        tmp_path, "axial", slices=5, ImagePositionPatient=lambda i: [0, 0, positions[i]]
    )
    for z, position in enumerate(positions):
        model.dims.set_current_step(0, z)
        assert plane_on(model, layer).corner[2] == pytest.approx(position)
    show_plane(model, layer, "coronal")
    assert plane_on(model, layer) is None


def test_plane_on_no_position_3d_grid_and_beside_the_series_is_none(tmp_path):
    model, layer = opened(tmp_path / "a", "axial")
    assert plane_on(model, layer) is not None
    model.dims.ndisplay = 3
    assert plane_on(model, layer) is None
    model.dims.ndisplay = 2
    model.canvas.grid.enabled = True
    assert plane_on(model, layer) is None
    model.canvas.grid.enabled = False
    model.add_image(np.zeros((3, 4, 6)), translate=(500, 0, 0))
    model.dims.set_point(0, 500)
    assert plane_on(model, layer) is None
    model, layer = opened(tmp_path / "b", "axial", slices=2, ImagePositionPatient=None)
    assert plane_on(model, layer) is None


@pytest.mark.parametrize("one", ORIENTATIONS)
@pytest.mark.parametrize("other", ORIENTATIONS)
def test_cut_by_lies_on_both_slices_and_within_both_images(tmp_path, one, other):
    mine, my_layer = opened(tmp_path / "a", one)
    theirs, their_layer = opened(tmp_path / "b", other, series=4)
    plane, cutting = plane_on(mine, my_layer), plane_on(theirs, their_layer)
    segment = plane.cut_by(cutting)
    parallel = abs(float(plane.normal @ cutting.normal)) > np.cos(np.radians(10))
    assert (segment is None) == parallel
    if segment is None:
        return
    for x, y in (segment[:2], segment[2:]):
        place = at(plane, x, y)
        z = (stack_of(my_layer).array.shape[0] - 1) // 2
        assert on_slice(my_layer, z, place) < 1e-4
        assert on_slice(their_layer, z, place) < 1e-4
        left, top, right, bottom = image_on(mine, my_layer)
        assert left - 0.01 <= x <= right + 0.01
        assert top - 0.01 <= y <= bottom + 0.01
        u, v, _ = cutting.project(place)
        left, top, right, bottom = image_on(theirs, their_layer)
        assert left - 0.01 <= u <= right + 0.01
        assert top - 0.01 <= v <= bottom + 0.01


def test_cut_by_a_slice_elsewhere_is_none(tmp_path):
    mine, my_layer = opened(tmp_path / "a", "axial")
    near, near_layer = opened(tmp_path / "n", "sagittal", series=4)
    far, far_layer = opened(
        tmp_path / "f", "sagittal", series=5, middle=np.add(CENTER, (0, 300, 0))
    )
    plane = plane_on(mine, my_layer)
    assert plane.cut_by(plane_on(near, near_layer)) is not None
    assert plane.cut_by(plane_on(far, far_layer)) is None


def test_cut_by_a_tilted_stack_is_a_line_of_its_slice(tmp_path):
    mine, my_layer = opened(tmp_path / "a", "coronal", slices=21)
    tilted, tilted_layer = opened(tmp_path / "t", "axial", series=4, tilt=(0, 0.7, 0))
    segment = plane_on(mine, my_layer).cut_by(plane_on(tilted, tilted_layer))
    for x, y in (segment[:2], segment[2:]):
        assert on_slice(tilted_layer, 4, at(plane_on(mine, my_layer), x, y)) < 1e-4
