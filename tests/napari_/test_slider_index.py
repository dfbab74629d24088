import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.slider_index import slice_in_view

from ..studies import write_series


@pytest.fixture
def viewer(make_napari_viewer, tmp_path):
    write_series(tmp_path, 5)
    viewer = make_napari_viewer()
    for layer in image_layers(load(tmp_path).stacks):
        viewer.add_layer(layer)
    return viewer


def test_the_slice_shown_follows_the_slider(viewer):
    layer = viewer.layers[0]
    viewer.dims.set_current_step(0, 3)
    assert slice_in_view(viewer, layer) == 3
    assert stack_of(layer).read_header(3).instance_number == 4


def test_a_view_across_slices_shows_none(viewer):
    viewer.dims.order = (1, 0, 2)
    assert slice_in_view(viewer, viewer.layers[0]) is None
    viewer.dims.order = (0, 1, 2)
    viewer.dims.ndisplay = 3
    assert slice_in_view(viewer, viewer.layers[0]) is None


def test_a_slider_beyond_the_stack_shows_none(viewer):
    depth = viewer.layers[0].data.shape[0]
    viewer.add_image(np.zeros((4 * depth, 4, 6)), scale=viewer.layers[0].scale)
    viewer.dims.set_current_step(0, viewer.dims.nsteps[0] - 1)
    assert slice_in_view(viewer, viewer.layers[0]) is None


def test_other_layers_show_none_of_our_slices(viewer):
    assert slice_in_view(viewer, viewer.add_image(np.zeros((4, 4)))) is None
