"""Panes that scroll together."""

from dataclasses import dataclass

import pytest
from napari.components import ViewerModel

from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.panes.position_link import PositionLink
from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.napari_.view import bring_into_view

from .test_canvas_plane import CENTER, opened


@dataclass(eq=False)
class PaneStandIn:
    """What a link asks of a pane, without a canvas."""

    viewer: ViewerModel

    @property
    def layer(self):
        return current_layer(self.viewer)


@pytest.fixture
def link(qtbot):
    links = []

    def link(*models):
        links.append(PositionLink([PaneStandIn(model) for model in models]))
        return links[-1]

    yield link
    qtbot.wait(10)
    for each in links:
        each.release()


def shown_at(model):
    """The height of the slice in view, by its file."""
    layer = current_layer(model)
    return stack_of(layer).slices[slice_in_view(model, layer)].position[2]


def scroll(model, number, qtbot):
    model.dims.set_current_step(0, number)
    qtbot.wait(20)


@pytest.mark.parametrize("same", [True, False])
def test_link_same_frame_of_reference_goes_to_the_same_place(tmp_path, link, qtbot, same):
    thick, _ = opened(tmp_path / "a", "axial", slices=9)
    uid = {} if same else {"FrameOfReferenceUID": "1.2.3.77"}
    thin, _ = opened(
        tmp_path / "b", "flipped", slices=7, series=4, middle=CENTER - [0, 0, 2], **uid
    )
    link(thick, thin)
    before = shown_at(thin)
    scroll(thick, 2, qtbot)
    assert shown_at(thin) == pytest.approx(shown_at(thick) if same else before)
    # And the other way.
    scroll(thin, 5, qtbot)
    assert (shown_at(thin) == pytest.approx(shown_at(thick))) == same


def test_link_beyond_the_series_leaves_it(tmp_path, link, qtbot):
    long, _ = opened(tmp_path / "a", "axial", slices=21)
    short, _ = opened(tmp_path / "b", "axial", slices=3, series=4)
    link(long, short)
    scroll(long, 9, qtbot)
    assert shown_at(short) == shown_at(long)
    scroll(long, 1, qtbot)
    assert shown_at(short) != shown_at(long)


def test_link_beyond_the_series_leaves_it_though_another_in_the_viewer_reaches_further(
    tmp_path, link, qtbot
):
    long, _ = opened(tmp_path / "a", "axial", slices=21)
    both, _ = opened(tmp_path / "b", "axial", slices=21, series=4)
    _, short = opened(tmp_path / "c", "axial", slices=3, series=5)
    both.add_layer(short)
    bring_into_view(both, short)
    link(long, both)
    before = shown_at(both)
    scroll(long, 1, qtbot)
    assert shown_at(both) == before
    scroll(long, 9, qtbot)
    assert shown_at(both) == shown_at(long)


def test_link_crossing_planes_leaves_slider_and_camera(tmp_path, link, qtbot):
    axial, _ = opened(tmp_path / "a", "axial")
    sagittal, _ = opened(tmp_path / "b", "sagittal", series=4)
    link(axial, sagittal)
    before = sagittal.dims.point, sagittal.scene.camera.center
    scroll(axial, 1, qtbot)
    assert (sagittal.dims.point, sagittal.scene.camera.center) == before


def test_link_uneven_slices_goes_to_the_nearest(tmp_path, link, qtbot):
    even, _ = opened(tmp_path / "a", "axial", slices=9)
    heights = [4, 5, 8, 9.5, 14]
    uneven, _ = opened(
        tmp_path / "b",
        "axial",
        slices=5,
        series=4,
        ImagePositionPatient=lambda i: [0, 0, heights[i]],
    )
    link(even, uneven)
    for number in range(2, 7):
        scroll(even, number, qtbot)
        nearest = min(heights, key=lambda height: abs(height - shown_at(even)))
        assert shown_at(uneven) == pytest.approx(nearest)


def test_link_by_hand_keeps_the_offset_whatever_the_frame_of_reference(tmp_path, link, qtbot):
    current, _ = opened(tmp_path / "a", "axial", slices=21)
    prior, _ = opened(
        tmp_path / "b",
        "axial",
        slices=21,
        series=4,
        FrameOfReferenceUID="1.2.3.77",
        middle=(0, 0, 90),
    )
    scroll(current, 4, qtbot)
    scroll(prior, 9, qtbot)
    linked = link(current, prior)
    linked.link_by_hand()
    scroll(current, 7, qtbot)
    assert slice_in_view(prior, current_layer(prior)) == 12
    scroll(prior, 10, qtbot)
    assert slice_in_view(current, current_layer(current)) == 5
    linked.link_by_position()
    scroll(current, 8, qtbot)
    assert slice_in_view(prior, current_layer(prior)) == 10


def test_link_disabled_moves_nothing(tmp_path, link, qtbot):
    one, _ = opened(tmp_path / "a", "axial")
    other, _ = opened(tmp_path / "b", "axial", series=4)
    linked = link(one, other)
    linked.enabled = False
    scroll(one, 1, qtbot)
    assert shown_at(other) != shown_at(one)
    linked.enabled = True
    scroll(one, 2, qtbot)
    assert shown_at(other) == shown_at(one)
