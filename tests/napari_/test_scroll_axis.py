"""Slices and time points of a series are counted by its own grid."""

import numpy as np
import pytest

from napari_medscan.napari_.scroll_axis import (
    go_to,
    length,
    place_on_axis,
    slice_axis,
    step,
    time_axis,
)
from napari_medscan.napari_.slider_index import index_in_view

from .test_planes import opened

TIMED = {
    "ImagePositionPatient": lambda i: [0, 0, 2 * (i // 2)],
    "TemporalPositionIdentifier": lambda i: i % 2 + 1,
}
CLIP = {
    "ImagePositionPatient": lambda _i: [0, 0, 0],
    "TemporalPositionIdentifier": lambda i: i + 1,
}


def test_slice_axis_is_across_the_plane_in_view(model, tmp_path):
    layer = opened(model, tmp_path, 3)
    assert (slice_axis(model, layer), time_axis(model, layer)) == (0, None)
    model.dims.order = (1, 0, 2)
    assert slice_axis(model, layer) == 1
    model.dims.ndisplay = 3
    assert slice_axis(model, layer) is None


def test_slice_axis_of_slices_in_time_is_not_time(model, tmp_path):
    layer = opened(model, tmp_path, 6, **TIMED)
    assert layer.data.shape == (2, 3, 4, 6)
    assert (slice_axis(model, layer), time_axis(model, layer)) == (1, 0)


def test_slice_axis_of_a_clip_is_time(model, tmp_path):
    layer = opened(model, tmp_path, 4, **CLIP)
    assert layer.data.shape == (4, 1, 4, 6)
    assert (slice_axis(model, layer), time_axis(model, layer)) == (0, 0)


def test_slice_axis_of_one_image_is_none(model, tmp_path):
    layer = opened(model, tmp_path, 1)
    assert slice_axis(model, layer) is None
    step(model, layer, None, 1)


@pytest.mark.parametrize("hidden_axes", [3, 4])
def test_step_is_exact_beside_a_hidden_finer_layer(model, tmp_path, hidden_axes):
    layer = opened(model, tmp_path, 5)
    fine = np.zeros((2,) * (hidden_axes - 3) + (50, 4, 4))
    model.add_image(fine, scale=(1,) * (hidden_axes - 3) + (0.3, 1, 1), visible=False)
    axis = slice_axis(model, layer)
    go_to(model, layer, axis, 0)
    seen = []
    for _ in range(6):
        seen.append(index_in_view(model, layer)[0])
        step(model, layer, axis, 1)
    assert seen == [0, 1, 2, 3, 4, 4]


def test_step_from_beside_the_series_enters_it(model, tmp_path):
    layer = opened(model, tmp_path, 5)
    model.add_image(np.zeros((100, 4, 4)), visible=False)
    model.dims.set_point(0, 90)
    assert place_on_axis(model, layer, 0) == 4
    step(model, layer, 0, -1)
    assert index_in_view(model, layer)[0] == 3


def test_go_to_stops_at_the_ends(model, tmp_path):
    layer = opened(model, tmp_path, 5)
    go_to(model, layer, 0, 99)
    assert place_on_axis(model, layer, 0) == length(model, layer, 0) - 1
    go_to(model, layer, 0, -5)
    assert place_on_axis(model, layer, 0) == 0
