"""Links between series."""

import numpy as np
import pytest

from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.linking import (
    Alignment,
    SamePlace,
    SliceLink,
    alignment,
    go_to_place,
    patient_place,
)

from .test_planes import ACQUIRED, opened


def pair(viewer, folder, **changes):
    axial = opened(viewer, folder / "a", 9)
    sagittal = opened(
        viewer,
        folder / "s",
        9,
        *ACQUIRED["sagittal"],
        series=4,
        ImagePositionPatient=lambda i: [4 - i, 0, 3],
        **changes,
    )
    return axial, sagittal


def test_the_place_looked_at_is_that_of_the_file(model, tmp_path):
    axial, _ = pair(model, tmp_path)
    model.dims.set_point(0, 6)
    model.scene.camera.center = (0, 1, 1.5)
    assert patient_place(model, axial) == pytest.approx([1.5, 1, 6])


def test_going_to_a_place_shows_it(model, tmp_path):
    _, sagittal = pair(model, tmp_path)
    place = np.array([1.0, 1.5, 2.0])
    assert go_to_place(model, sagittal, place)
    assert patient_place(model, sagittal) == pytest.approx(place)
    before = model.dims.point
    assert not go_to_place(model, sagittal, np.array([50.0, 0, 0]))
    assert model.dims.point == before


@pytest.mark.parametrize("same", [True, False])
def test_selecting_a_series_goes_to_the_same_place(make_napari_viewer, qtbot, tmp_path, same):
    viewer = make_napari_viewer()
    changes = {} if same else {"FrameOfReferenceUID": "1.2.3.99"}
    axial, sagittal = pair(viewer, tmp_path, **changes)
    viewer.layers.selection.active = axial
    qtbot.wait(20)
    link = SamePlace(viewer)
    viewer.dims.set_point(0, 2)
    viewer.scene.camera.center = (0, 1, 1)
    qtbot.wait(20)
    viewer.layers.selection.active = sagittal
    qtbot.wait(50)
    arrived = np.allclose(patient_place(viewer, sagittal), (1, 1, 2))
    assert arrived == same
    link.release()


def test_a_prior_is_laid_slice_on_slice_and_put_back(model, tmp_path):
    prior = opened(model, tmp_path / "p", 9, FrameOfReferenceUID="1.2.3.99")
    current = opened(model, tmp_path / "c", 9, series=4)
    before = tuple(prior.translate)
    link = SliceLink(model)
    assert "First mark" in link.link()
    model.layers.selection.active = prior
    model.dims.set_current_step(0, 2)
    assert link.mark() == ""
    assert "select the other" in link.link()
    model.layers.selection.active = current
    model.dims.set_current_step(0, 5)
    assert link.link() == ""
    assert link.is_linked
    assert prior.world_to_data(model.dims.point)[0] == pytest.approx(2)
    assert current.world_to_data(model.dims.point)[0] == pytest.approx(5)
    link.unlink()
    assert tuple(prior.translate) == before
    assert not link.is_linked


def test_series_cut_in_other_directions_are_not_laid_together(model, tmp_path):
    axial, sagittal = pair(model, tmp_path)
    link = SliceLink(model)
    model.layers.selection.active = axial
    link.mark()
    model.layers.selection.active = sagittal
    assert "differ by 90° and cannot be linked" in link.link()
    assert not link.is_linked


@pytest.mark.parametrize(("degrees", "linked"), [(0, True), (4, True), (9, True), (11, False)])
def test_planes_of_nearly_one_direction_are_laid_together(model, tmp_path, told, degrees, linked):
    turn = np.radians(degrees)
    prior = opened(
        model, tmp_path / "p", 9, column=(0, np.cos(turn), np.sin(turn)), FrameOfReferenceUID="1.9"
    )
    current = opened(model, tmp_path / "c", 9, series=4)
    link = SliceLink(model)
    model.layers.selection.active = prior
    model.dims.set_current_step(0, 2)
    link.mark()
    model.layers.selection.active = current
    model.dims.set_current_step(0, 5)
    assert bool(link.link()) != linked
    assert link.is_linked == linked
    assert [f"differ by {degrees:.0f}°: linking" in record.message for record in told] == [True] * (
        linked and degrees > 0
    )
    if linked:
        assert prior.world_to_data(model.dims.point)[0] == pytest.approx(2)


def test_series_stacked_the_other_way_round_are_not_laid_together(model, tmp_path):
    up = opened(model, tmp_path / "u", 9)
    down = opened(model, tmp_path / "d", 9, row=(-1, 0, 0), series=4)
    link = SliceLink(model)
    model.layers.selection.active = up
    link.mark()
    model.layers.selection.active = down
    assert "differ by 180° and cannot be linked" in link.link()


def test_aligned_voxels_lie_where_they_are_in_the_patient(model, tmp_path):
    axial, sagittal = pair(model, tmp_path)
    matrix = alignment(sagittal, axial)
    for index in ((0, 0, 0), (3, 2, 5), (8, 3, 1)):
        lps = (stack_of(sagittal).geometry.affine @ (*index, 1))[:3]
        at_home = np.linalg.solve(stack_of(axial).geometry.affine, (*lps, 1))[:3]
        expected = at_home * axial.scale + axial.translate
        own = np.array(index) * sagittal.scale + sagittal.translate
        assert (matrix @ (*own, 1))[:3] == pytest.approx(expected)
    assert alignment(axial, axial) is None


def test_alignment_is_there_in_3d_only(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    axial, sagittal = pair(viewer, tmp_path)
    viewer.layers.selection.active = axial
    align = Alignment(viewer)
    viewer.dims.ndisplay = 3
    wanted = alignment(sagittal, axial)
    qtbot.waitUntil(lambda: np.allclose(sagittal.affine.affine_matrix, wanted))
    assert np.allclose(axial.affine.affine_matrix, np.eye(4))
    viewer.dims.ndisplay = 2
    assert np.allclose(sagittal.affine.affine_matrix, np.eye(4))
    viewer.dims.ndisplay = 3
    qtbot.waitUntil(lambda: np.allclose(sagittal.affine.affine_matrix, wanted))
    align.release()
    assert np.allclose(sagittal.affine.affine_matrix, np.eye(4))
