"""The sliders count the slices of what is visible."""

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.panes.view_state import ViewState
from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.napari_.slider_range import SliderRange
from napari_medscan.napari_.view import bring_into_view

from ..studies import write_series


@pytest.fixture
def viewer(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    follow_openings(viewer)
    return viewer


@pytest.fixture
def sliders(viewer):
    sliders = SliderRange(viewer)
    yield sliders
    sliders.release()


@pytest.fixture
def add(viewer, sliders, tmp_path):  # noqa: ARG001 - they follow
    """Return what opens a series of a patient of its own."""

    def add(slices, start=0):
        write_series(
            tmp_path / str(slices),
            slices,
            series=slices,
            PatientID=f"P{slices}",
            StudyInstanceUID=f"1.2.9.{slices}",
            FrameOfReferenceUID=f"1.2.8.{slices}",
            ImagePositionPatient=lambda i: [0, 0, start + 2 * i],
        )
        (layer,) = image_layers(load(tmp_path / str(slices)).stacks)
        viewer.add_layer(layer)
        return layer

    return add


@pytest.fixture
def wait_for(viewer, qtbot):
    """Return what waits until the slider of slices shows a number and a last number."""
    dims = viewer.window._qt_window._qt_viewer.dims

    def wait_for(*numbers):
        def is_so():
            slider = dims.slider_widgets[-3]
            texts = int(slider.curslice_label.text()), int(slider.totslice_label.text())
            assert (texts if slider.isVisible() else ()) == numbers

        qtbot.waitUntil(is_so)

    return wait_for


def test_sliders_count_the_slices_of_the_visible_series(viewer, add, wait_for):
    volume, pair = add(9), add(2, 1001)
    wait_for(0, 1)
    assert slice_in_view(viewer, pair) == 0
    bring_into_view(viewer, volume)
    wait_for(4, 8)
    assert slice_in_view(viewer, volume) == 4
    bring_into_view(viewer, pair)
    wait_for(0, 1)
    assert slice_in_view(viewer, pair) == 0
    volume.visible = True
    wait_for(500, 501)


def test_a_series_of_one_slice_has_no_slider(viewer, add, wait_for):
    add(9)
    wait_for(4, 8)
    single = add(1, 1001)
    wait_for()
    assert slice_in_view(viewer, single) == 0


def test_an_axis_that_only_a_hidden_layer_has_needs_no_slider(viewer, add, wait_for, qtbot):
    clip = viewer.add_image(np.zeros((7, 2, 4, 6)), name="clip")
    add(5)
    sliders = viewer.window._qt_window._qt_viewer.dims.slider_widgets
    qtbot.waitUntil(sliders[0].isVisible)
    clip.visible = False
    qtbot.waitUntil(lambda: not sliders[0].isVisible())
    wait_for(2, 4)
    clip.visible = True
    qtbot.waitUntil(sliders[0].isVisible)


def test_a_view_that_is_restored_stands_on_its_slice(viewer, add, wait_for):
    volume = add(9)
    viewer.dims.set_current_step(0, 7)
    before = ViewState.of(viewer)
    pair = add(2, 1001)
    wait_for(0, 1)
    before.restore(viewer)
    pair.visible = False
    wait_for(7, 8)
    assert slice_in_view(viewer, volume) == 7


def test_layers_that_are_all_hidden_leave_the_sliders(add, wait_for, qtbot):
    volume = add(9)
    volume.visible = False
    qtbot.wait(100)
    wait_for(4, 8)


def test_released_sliders_reach_hidden_layers_again(add, wait_for, sliders):
    add(9)
    add(2, 1001)
    wait_for(0, 1)
    sliders.release()
    wait_for(500, 501)
