"""Axial, coronal and sagittal plane of one series, with a crosshair."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.series.orientation import patient_point
from napari_medscan.frames.cache import shared_cache
from napari_medscan.napari_.commands import reset_view
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.orientation_letters import edge_letters
from napari_medscan.napari_.panes import panes_of
from napari_medscan.napari_.panes.canvas_plane import plane_on, to_canvas
from napari_medscan.napari_.panes.three_planes import ThreePlanes
from napari_medscan.napari_.planes import plane_in_view, show_plane
from napari_medscan.napari_.slab import set_slab
from napari_medscan.napari_.view import bring_into_view
from napari_medscan.napari_.windowing import is_inverted, set_center_width
from napari_medscan.phantoms import write_pet_ct

from ...studies import write_series
from ..test_planes import CONVENTION
from .test_canvas_plane import ORIENTATIONS
from .test_panes import double_click, event


def shift_click(pane, world):
    """Press the mouse with Shift at a place in napari's world, and release it."""
    press = event(modifiers=("Shift",), position=tuple(world))
    for callback in list(pane.viewer.mouse_drag_callbacks):
        # napari's own has no place for such a click.
        if getattr(callback, "__name__", "") == "_drag":
            list(callback(pane.viewer, press) or ())
    return press


def middle_of_cross(pane):
    """The middle of the crosshair, pixels: between the ends of its arms."""
    lines = pane.lines.lines
    assert len(lines) == 4
    return lines[0].segment[0], lines[2].segment[1]


def shows(pane, layer, index):
    """Whether the slice of a pane goes through a voxel, by its place in the patient."""
    plane = plane_on(pane.viewer, pane.layer)
    x, y, distance = plane.project(patient_point(stack_of(layer), index))
    assert middle_of_cross(pane) == pytest.approx((x, y), abs=0.01)
    return abs(distance) < 1e-3


@pytest.fixture
def oblique(viewer, tmp_path):
    """Return a function that adds a series in an orientation, 9 slices of 4 x 6 pixels."""

    def add(orientation, **changes):
        row, column = (np.array(v, float) for v in ORIENTATIONS[orientation])
        normal = np.cross(row, column)
        write_series(
            tmp_path / "oblique",
            9,
            **{
                "ImageOrientationPatient": [round(float(v), 9) for v in (*row, *column)],
                "ImagePositionPatient": lambda i: [round(float(v), 6) for v in normal * 2 * i],
                **changes,
            },
        )
        (layer,) = image_layers(load(tmp_path / "oblique").stacks)
        viewer.add_layer(layer)
        return layer

    return add


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_shift_click_in_any_pane_shows_the_voxel_in_all(arrange, oblique, qtbot, orientation):
    layer = oblique(orientation)
    panes = arrange("Three planes")
    if orientation != "oblique":
        letters = [edge_letters(pane.viewer) for pane in panes.panes]
        assert letters == list(CONVENTION.values())
    for pane, index in zip(panes.panes, [(2, 1, 4), (7, 3, 0), (5, 2, 3)], strict=True):
        press = shift_click(pane, layer.data_to_world(index))
        qtbot.wait(20)
        assert press.handled
        # The clicked pane keeps its slice.
        here = pane.layer.world_to_data(pane.viewer.dims.point)
        across = pane.viewer.dims.order[0]
        found = [round(here[axis]) if axis == across else index[axis] for axis in range(3)]
        assert all(shows(each, layer, found) for each in panes.panes)
    panes.close()


def test_slider_of_a_pane_moves_the_crosshair_of_the_others_alone(arrange, chest_layer, qtbot):
    panes = arrange("Three planes")
    main, coronal, sagittal = panes.panes
    before = main.viewer.dims.current_step[0], sagittal.viewer.dims.current_step[2]
    coronal.viewer.dims.set_current_step(1, 9)
    qtbot.wait(20)
    assert (main.viewer.dims.current_step[0], sagittal.viewer.dims.current_step[2]) == before
    world = chest_layer.data_to_world((0, 9, 0))
    for pane in (main, sagittal):
        x, y = middle_of_cross(pane)
        expected = to_canvas(pane.viewer, np.array(world))
        assert (y if pane is main else x) == pytest.approx(expected[1 if pane is main else 0])
    panes.close()


def test_window_and_inversion_follow_both_ways(arrange, chest_layer, qtbot):
    panes = arrange("Three planes")
    main, coronal, sagittal = panes.panes
    set_center_width(chest_layer, 40, 400)
    qtbot.wait(20)
    assert list(coronal.layer.contrast_limits) == list(chest_layer.contrast_limits)
    set_center_width(sagittal.layer, -600, 1500)
    sagittal.layer.colormap = "gray_r"
    qtbot.wait(20)
    for pane in (main, coronal):
        assert list(pane.layer.contrast_limits) == list(sagittal.layer.contrast_limits)
        assert is_inverted(pane.layer)
    panes.close()
    set_center_width(chest_layer, 0, 10)


def test_window_of_the_volume_in_3d_leaves_the_slices_alone(arrange, chest_layer, qtbot):
    panes = arrange("Three planes")
    main, *sides = panes.panes
    before = [list(pane.layer.contrast_limits) for pane in sides]
    main.viewer.dims.ndisplay = 3
    set_center_width(chest_layer, 500, 2000)
    qtbot.wait(20)
    assert [list(pane.layer.contrast_limits) for pane in sides] == before
    main.viewer.dims.ndisplay = 2
    set_center_width(chest_layer, -600, 1500)
    qtbot.wait(20)
    for pane in sides:
        assert list(pane.layer.contrast_limits) == list(chest_layer.contrast_limits)
    panes.close()


def test_zoom_follows_relative_to_the_fit(arrange, chest_layer, qtbot):
    assert chest_layer.visible
    panes = arrange("Three planes")
    zooms = [pane.viewer.scene.camera.zoom for pane in panes.panes]
    panes.panes[2].viewer.scene.camera.zoom *= 3
    qtbot.wait(20)
    after = [pane.viewer.scene.camera.zoom for pane in panes.panes]
    assert after == pytest.approx([zoom * 3 for zoom in zooms])
    panes.close()


def test_place_beside_a_zoomed_canvas_is_centered(arrange, chest_layer, qtbot):
    panes = arrange("Three planes")
    coronal = panes.panes[1]
    coronal.viewer.scene.camera.zoom *= 10
    qtbot.wait(20)
    shift_click(panes.panes[0], chest_layer.data_to_world((10, 16, 1)))
    qtbot.wait(20)
    _, width = coronal.viewer.canvas.size
    assert middle_of_cross(coronal)[0] == pytest.approx(width / 2)
    shift_click(panes.panes[0], chest_layer.data_to_world((10, 16, 1.2)))
    qtbot.wait(20)
    assert middle_of_cross(coronal)[0] != pytest.approx(width / 2)
    panes.close()


@pytest.mark.parametrize("number", [0, 1, 2])
def test_reset_view_in_a_pane_keeps_its_plane(arrange, oblique, number):
    # As acquired, the series is coronal: no pane but the second would keep its plane by chance.
    oblique("coronal")
    panes = arrange("Three planes")
    pane = panes.panes[number]
    letters = edge_letters(pane.viewer)
    assert letters == list(CONVENTION.values())[number]
    pane.viewer.scene.camera.zoom *= 2
    zoom = pane.viewer.scene.camera.zoom
    reset_view(pane.viewer)
    assert edge_letters(pane.viewer) == letters
    assert pane.viewer.scene.camera.zoom == pytest.approx(zoom / 2)
    panes.close()


def test_reset_view_of_a_maximized_plane_keeps_the_plane(arrange, chest_layer, qtbot):
    panes = arrange("Three planes")
    main, coronal, _ = panes.panes
    panes.maximize(coronal)
    reset_view(main.viewer)
    assert edge_letters(main.viewer) == CONVENTION["coronal"]
    panes.restore()
    reset_view(main.viewer)
    assert edge_letters(main.viewer) == CONVENTION["axial"]
    panes.arrangement = "Single"
    show_plane(main.viewer, chest_layer, "coronal")
    reset_view(main.viewer)
    assert edge_letters(main.viewer) == CONVENTION["axial"]
    qtbot.wait(20)
    panes.close()


def test_reset_view_after_three_planes_shows_the_acquired_plane(arrange, oblique, viewer):
    oblique("coronal")
    panes = arrange("Three planes")
    panes.arrangement = "Single"
    show_plane(viewer, viewer.layers[0], "axial")
    reset_view(viewer)
    assert edge_letters(viewer) == CONVENTION["coronal"]
    panes.close()


def test_maximize_a_plane_and_restore_keep_the_slice_scrolled_to(
    arrange, viewer, chest_layer, qtbot
):
    panes = arrange("Three planes")
    coronal = panes.panes[1]
    axial = viewer.dims.current_step[0]
    double_click(coronal)
    qtbot.waitUntil(lambda: panes.maximized is coronal)
    assert edge_letters(viewer) == CONVENTION["coronal"]
    viewer.dims.set_current_step(1, 7)
    double_click(panes.panes[0])
    qtbot.waitUntil(lambda: panes.maximized is None)
    qtbot.wait(20)
    assert edge_letters(viewer) == CONVENTION["axial"]
    assert viewer.dims.current_step[0] == axial
    assert coronal.viewer.dims.current_step[1] == 7
    assert middle_of_cross(panes.panes[0])[1] == pytest.approx(
        to_canvas(viewer, np.array(chest_layer.data_to_world((0, 7, 0))))[1]
    )
    panes.close()


def test_leaving_shows_the_plane_of_before_at_the_present_place(arrange, viewer, oblique, qtbot):
    layer = oblique("sagittal")
    bring_into_view(viewer, layer)
    panes = arrange("Three planes")
    assert edge_letters(viewer) == CONVENTION["axial"]
    shift_click(panes.panes[0], layer.data_to_world((6, 1, 2)))
    qtbot.wait(20)
    panes.arrangement = "Single"
    assert edge_letters(viewer) == CONVENTION["sagittal"]
    assert viewer.dims.current_step[0] == 6
    panes.close()


def test_another_series_is_shown_in_its_planes(arrange, viewer, chest_layer, oblique, qtbot):
    panes = arrange("Three planes")
    assert panes.panes[1].source is chest_layer
    other = oblique("coronal", FrameOfReferenceUID="1.2.3.66", PatientID="Other")
    qtbot.waitUntil(lambda: panes.panes[2].source is other, timeout=20_000)
    assert current_layer(viewer) is other
    viewer.layers.clear()
    qtbot.wait(30)
    assert not panes.panes[1].viewer.layers
    panes.close()


def test_fused_series_are_fused_in_all_planes(arrange, viewer, tmp_path, qtbot):
    write_pet_ct(tmp_path, size=32, slices=12)
    for layer in image_layers(load(tmp_path).stacks):
        viewer.add_layer(layer)
    anatomy, pet = viewer.layers
    panes = arrange("Three planes")
    coronal = panes.panes[1].viewer.layers
    assert [layer.data is other.data for layer, other in zip(coronal, viewer.layers, strict=True)]
    assert [str(layer.blending) for layer in coronal] == ["translucent", "additive"]
    viewer.layers.selection.active = anatomy
    qtbot.wait(20)
    assert panes.panes[1].source is anatomy
    viewer.layers.selection.active = pet
    qtbot.wait(20)
    assert panes.panes[1].source is pet
    panes.close()


def test_planes_of_a_series_without_orientation_say_why_not(arrange, add):
    add("a", ImageOrientationPatient=None, ImagePositionPatient=None)
    panes = arrange("Three planes")
    assert "no planes" in panes.panes[1].frame.header.title.text()
    assert not panes.panes[1].viewer.layers
    panes.close()


def test_planes_of_a_series_larger_than_the_cache_say_why_not(arrange, chest_layer, monkeypatch):
    monkeypatch.setattr(shared_cache(), "max_bytes", chest_layer.data.nbytes - 1)
    panes = arrange("Three planes")
    assert "too large" in panes.panes[1].frame.header.title.text()
    panes.close()


def test_volume_is_read_in_the_background_first(viewer, add, qtbot, slow):
    add("a", 30)
    slow(0.02)
    panes = panes_of(viewer)
    panes.arrangement = "Three planes"
    qtbot.waitUntil(lambda: len(panes.panes) == 3 and panes._mode is not None, timeout=20_000)
    assert not panes.is_ready
    assert "Reading" in panes.panes[1].frame.header.title.text()
    qtbot.waitUntil(lambda: panes.is_ready, timeout=20_000)
    assert panes.panes[1].frame.header.title.text() == "Coronal"
    panes.close()


def test_canceled_reading_goes_back_to_a_single_canvas(viewer, add, qtbot, monkeypatch):
    layer = add("a", 30)
    monkeypatch.setattr(type(layer.data.stack), "load", lambda *_: False)
    panes = panes_of(viewer)
    panes.arrangement = "Three planes"
    qtbot.waitUntil(lambda: panes.arrangement == "Single", timeout=20_000)
    assert current_layer(viewer) is layer
    assert show_plane(viewer, layer, "axial")
    panes.close()


def test_crosshair_and_scout_lines_can_be_switched_off(arrange, chest_layer):
    assert chest_layer.visible
    panes = arrange("Three planes")
    main = panes.panes[0]
    assert [line.is_dashed for line in main.lines.lines] == [False] * 4
    panes.crosshair = False
    assert [line.is_dashed for line in main.lines.lines] == [True] * 2
    panes.scout_lines = False
    assert main.lines.lines == ()
    panes.crosshair = True
    assert len(main.lines.lines) == 4
    panes.close()
    assert main.lines.lines == ()


def planes_of(panes):
    return [plane_in_view(pane.viewer, pane.layer) for pane in panes.panes]


@pytest.mark.parametrize(("orientation", "turned"), [("axial", 0), ("oblique", 1)])
def test_plane_chosen_for_a_pane_changes_places_with_its_own(
    arrange, oblique, qtbot, orientation, turned
):
    layer = oblique(orientation)
    panes = arrange("Three planes")
    # The clicked pane keeps its slice, the middle one.
    shift_click(panes.panes[0], layer.data_to_world((4, 1, 4)))
    qtbot.wait(20)
    assert all(shows(each, layer, (4, 1, 4)) for each in panes.panes)
    pane = panes.panes[turned]
    show_plane(pane.viewer, pane.layer, "sagittal")
    qtbot.wait(20)
    expected = ["axial", "coronal", "sagittal"]
    expected[turned], expected[2] = expected[2], expected[turned]
    assert planes_of(panes) == expected
    titles = [side.frame.header.title.text() for side in panes.panes[1:]]
    assert titles == [name.capitalize() for name in expected[1:]]
    assert all(shows(each, layer, (4, 1, 4)) for each in panes.panes)
    for pane in panes.panes:
        reset_view(pane.viewer)
    qtbot.wait(20)
    assert planes_of(panes) == expected
    panes.close()


def test_plane_chosen_before_all_panes_are_there_changes_places(
    arrange, viewer, chest_layer, monkeypatch
):
    fill = ThreePlanes._fill

    def turned_first(self, pane, plane, layers):
        if plane == "sagittal":
            show_plane(viewer, chest_layer, "sagittal")
        fill(self, pane, plane, layers)

    monkeypatch.setattr(ThreePlanes, "_fill", turned_first)
    panes = arrange("Three planes")
    assert planes_of(panes) == ["sagittal", "coronal", "axial"]
    panes.close()


def test_slab_of_the_main_canvas_is_that_of_all_planes(arrange, chest_layer, qtbot):
    panes = arrange("Three planes")
    main, *sides = panes.panes
    set_slab(main.viewer, [chest_layer], "max", 10)
    qtbot.wait(20)
    for side in sides:
        assert str(side.layer.projection_mode) == "max"
        assert side.viewer.dims.margin_left == main.viewer.dims.margin_left
        assert side.viewer.dims.margin_right == main.viewer.dims.margin_right
    set_slab(main.viewer, [chest_layer], "none", 0)
    qtbot.wait(20)
    assert {str(side.layer.projection_mode) for side in sides} == {"none"}
    assert not any(side.viewer.dims.margin_left[0] for side in sides)
    panes.close()


def test_slab_that_is_on_already_is_that_of_planes_opened_later(
    viewer, arrange, chest_layer, qtbot
):
    set_slab(viewer, [chest_layer], "mean", 10)
    panes = arrange("Three planes")
    assert {str(pane.layer.projection_mode) for pane in panes.panes} == {"mean"}
    models = [pane.viewer for pane in panes.panes[1:]]
    panes.arrangement = "Single"
    qtbot.wait(20)
    assert not any(any(model.dims.margin_right) for model in models)
    panes.close()
