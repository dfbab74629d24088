"""The Views tab, clicked and set by scripts."""

from __future__ import annotations

import pytest
from napari.utils._proxies import PublicOnlyProxy
from qtpy.QtCore import Qt

from napari_medscan.dicom import load
from napari_medscan.napari_ import volume_commands
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.orientation_letters import edge_letters
from napari_medscan.napari_.panes import panes_of
from napari_medscan.widgets.panel.views_tab import ViewsTab

from ...studies import write_series

SWITCHES = ("letters", "corner_text", "patient_name", "scale_bar", "cursor_values")


def views_of(viewer, qtbot):
    views = ViewsTab(PublicOnlyProxy(viewer))
    viewer.window.add_dock_widget(views, name="Views")
    qtbot.wait(20)
    return views


def opened(viewer, folder, slices=9, **changes):
    write_series(folder, slices, **changes)
    (layer,) = image_layers(load(folder).stacks)
    return viewer.add_layer(layer)


def click(qtbot, button):
    qtbot.mouseClick(button.native, Qt.MouseButton.LeftButton)


@pytest.fixture
def views(viewer, qtbot):
    views = views_of(viewer, qtbot)
    yield views
    views.release()


@pytest.fixture
def layer(viewer, views, tmp_path):  # noqa: ARG001 - the tab is open before the series
    return opened(viewer, tmp_path)


def test_views_without_a_series_offer_nothing(views):
    assert not views.plane.enabled
    assert not views.cine.enabled
    assert not views.rotate_left.enabled
    with pytest.raises(ValueError, match="not a valid choice"):
        views.plane.value = "Axial"


@pytest.mark.usefixtures("layer")
def test_plane_set_right_after_opening_is_shown(viewer, views, qtbot):
    views.plane.value = "Coronal"
    qtbot.waitUntil(lambda: not views.whole.is_reading)
    assert edge_letters(viewer) == {"left": "R", "right": "L", "top": "S", "bottom": "I"}
    qtbot.waitUntil(lambda: views.plane.value == "Coronal")
    click(qtbot, views.as_acquired)
    assert viewer.dims.order == (0, 1, 2)
    qtbot.waitUntil(lambda: views.plane.value == "Axial")


@pytest.mark.usefixtures("layer")
def test_plane_follows_what_napari_shows(viewer, views, qtbot):
    qtbot.waitUntil(lambda: views.plane.value == "Axial")
    viewer.dims.order = (2, 0, 1)
    qtbot.waitUntil(lambda: views.plane.value == "Sagittal")
    viewer.dims.ndisplay = 3
    qtbot.waitUntil(lambda: views.plane.value == "")


def test_rendering_of_ct_is_shown_and_switched_off(viewer, views, layer, qtbot):
    with pytest.raises(ValueError, match="not a valid choice"):
        views.rendering.value = "No such rendering"
    views.rendering.value = "Lung"
    qtbot.waitUntil(lambda: viewer.dims.ndisplay == 3)
    assert layer.rendering == "translucent"
    assert views.rendering.value == "Lung"
    views.rendering.value = ""
    assert viewer.dims.ndisplay == 2
    volume_commands.volume_bone(viewer)
    qtbot.waitUntil(lambda: views.rendering.value == "Bone")
    volume_commands.volume_off(viewer)
    qtbot.waitUntil(lambda: views.rendering.value == "")


def test_slab_sets_projection_and_thickness(viewer, qtbot, tmp_path):
    views, layer = views_of(viewer, qtbot), opened(viewer, tmp_path)
    assert not views.slab_thickness.enabled
    views.slab.value = "MIP"
    assert layer.projection_mode == "max"
    assert views.slab_thickness.enabled
    before = viewer.dims.margin_left
    views.slab_thickness.value = 6
    assert viewer.dims.margin_left != before
    views.release()
    views = views_of(viewer, qtbot)
    assert layer.projection_mode == "max"
    assert (views.slab.value, views.slab_thickness.value) == ("MIP", 6)
    volume_commands.slab_average(viewer)
    assert views.slab.value == "Average"
    volume_commands.slab_thicker(viewer)
    assert views.slab_thickness.value == 7
    views.slab.value = "Off"
    assert layer.projection_mode == "none"
    assert not any(viewer.dims.margin_left)
    views.release()


@pytest.mark.usefixtures("layer")
def test_cine_plays_while_its_value_is_true(viewer, views, qtbot):
    qtbot.waitUntil(lambda: views.cine.enabled)
    views.frame_rate.value = 60
    place = viewer.dims.current_step[0]
    views.cine.value = True
    assert views.cine.text == "Stop"
    qtbot.waitUntil(lambda: viewer.dims.current_step[0] != place)
    click(qtbot, views.cine)
    assert not views.cine.value
    assert views.cine.text == "Play"


def test_cine_with_nothing_to_play_stays_off(views):
    views.cine.value = True
    assert not views.cine.value


@pytest.mark.usefixtures("layer")
def test_rotate_flip_and_reset_turn_the_letters(viewer, views, qtbot):
    upright = edge_letters(viewer)
    qtbot.waitUntil(lambda: views.rotate_right.enabled)
    click(qtbot, views.rotate_right)
    assert edge_letters(viewer)["top"] == upright["left"]
    click(qtbot, views.rotate_left)
    assert edge_letters(viewer) == upright
    click(qtbot, views.flip_horizontally)
    assert edge_letters(viewer)["left"] == upright["right"]
    views.reset_view.clicked.emit(True)
    assert edge_letters(viewer) == upright


@pytest.mark.usefixtures("layer")
def test_reference_slice_is_named_and_linked(viewer, views, qtbot, tmp_path):
    qtbot.waitUntil(lambda: views.set_reference.enabled)
    click(qtbot, views.set_reference)
    said = views.link_status.value
    assert said == "Reference: CT 3. Now scroll the other series to the same level."
    assert not views.unlink.enabled
    other = opened(viewer, tmp_path / "other", series=4)
    viewer.layers.selection.active = other
    viewer.dims.set_current_step(0, 2)
    qtbot.waitUntil(lambda: views.link_to_slice.enabled)
    click(qtbot, views.link_to_slice)
    assert views.link_status.value == "Linked: one slider scrolls both."
    click(qtbot, views.unlink)
    assert views.link_status.value == ""


@pytest.mark.usefixtures("layer")
def test_views_are_narrow(views):
    views.link_status.value = "A sentence that is longer than the panel is wide. " * 3
    assert views.native.minimumSizeHint().width() <= 302


def test_release_leaves_no_trace(viewer, qtbot, tmp_path):
    opened(viewer, tmp_path)
    overlays = {key: o.visible for key, o in viewer.canvas.overlays.items()}
    ways = viewer.scene.camera.orientation2d
    wheel = list(viewer.mouse_wheel_callbacks)
    drag = list(viewer.mouse_drag_callbacks)
    for _ in range(3):
        views = views_of(viewer, qtbot)
        for name in (*SWITCHES, "sync_position", "align_in_3d"):
            getattr(views, name).value = True
        qtbot.wait(50)
        assert len(viewer.canvas.overlays) > len(overlays)
        assert viewer.mouse_wheel_callbacks != wheel
        views.release()
        viewer.window.remove_dock_widget(views.native.parent())
        qtbot.wait(20)
        assert {key: o.visible for key, o in viewer.canvas.overlays.items()} == overlays
    assert viewer.scene.camera.orientation2d == ways
    assert viewer.mouse_wheel_callbacks == wheel
    assert viewer.mouse_drag_callbacks == drag


def test_arrangement_is_shown_whoever_changes_it(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer(show=True)
    views = views_of(viewer, qtbot)
    opened(viewer, tmp_path)
    views.crosshair.value = False
    views.arrangement.value = "Three planes"
    panes = panes_of(viewer)
    assert panes.arrangement == "Three planes"
    assert not panes.crosshair
    qtbot.waitUntil(lambda: panes.is_ready, timeout=20_000)
    side = panes.panes[1].viewer
    assert "_on_wheel" in [getattr(call, "__name__", "") for call in side.mouse_wheel_callbacks]
    panes.arrangement = "Single"
    assert views.arrangement.value == "Single"
    with pytest.raises(ValueError, match="not a valid choice"):
        views.arrangement.value = "Five planes"
    views.release()
    assert "_on_wheel" not in [getattr(call, "__name__", "") for call in side.mouse_wheel_callbacks]
