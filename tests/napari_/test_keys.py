"""Keys on a real canvas, and in napari's preferences."""

import npe2
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.settings import get_settings
from napari.utils.action_manager import action_manager
from napari.utils.key_bindings import coerce_keybinding
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton, QSpinBox

from napari_medscan.dicom.series.presets import CT
from napari_medscan.napari_.keys import KEYS, SeriesKeys
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.orientation import flip_view
from napari_medscan.napari_.orientation_letters import edge_letters
from napari_medscan.napari_.slider_index import index_in_view
from napari_medscan.napari_.user_presets import UserPresets, presets_file
from napari_medscan.napari_.windowing import center_width, is_inverted, set_center_width

from ..test_manifest import MANIFEST
from .hands import press
from .test_commands import RGB
from .test_planes import CONVENTION, opened
from .test_scroll_axis import CLIP, TIMED

SHIFT = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


@pytest.fixture
def viewer(make_napari_viewer):
    viewer = make_napari_viewer()
    follow_openings(viewer)
    return viewer


@pytest.fixture
def keys(viewer):
    keys = SeriesKeys(viewer)
    yield keys
    keys.release()


@pytest.fixture
def layer(viewer, keys, tmp_path):  # noqa: ARG001 - bound before the series is opened
    return opened(viewer, tmp_path / "ct", 31, WindowCenter=50, WindowWidth=300)


def place(viewer, layer):
    return index_in_view(viewer, layer)[0]


def test_keys_are_commands_of_the_manifest():
    manifest = npe2.PluginManifest.from_file(MANIFEST)
    functions = {c.id: c.python_name for c in manifest.contributions.commands}
    for key in KEYS:
        module, name = key.command.__module__, key.command.__name__
        assert functions[f"napari-medscan.{name}"] == f"{module}:{name}"
    used = [shortcut for key in KEYS for shortcut in key.keys]
    assert len(used) == len(set(used))


def test_keys_hide_napari_s_hint_at_its_own(viewer, keys, layer):
    assert (layer.help, viewer.help) == ("", "")
    layer.mode = "transform"
    assert (layer.help, viewer.help) == ("", "")
    keys.release()
    layer.mode = "pan_zoom"
    assert "for transform" in viewer.help


def test_keys_move_along_the_slices(viewer, layer, qtbot):
    # A hidden finer series and a hidden clip must not be moved instead.
    viewer.add_image(np.zeros((7, 99, 4, 4)), scale=(1, 0.1, 1, 1), visible=False)
    viewer.layers.selection.active = layer
    hidden = viewer.dims.point[0]
    for key, expected in (
        (Key.Key_Down, 16),
        (Key.Key_Right, 17),
        (Key.Key_Up, 16),
        (Key.Key_Left, 15),
        (Key.Key_PageDown, 25),
        (Key.Key_PageDown, 30),
        (Key.Key_PageUp, 20),
        (Key.Key_Home, 0),
        (Key.Key_End, 30),
    ):
        press(qtbot, viewer, key)
        assert place(viewer, layer) == expected
    assert viewer.dims.point[0] == hidden


@pytest.mark.usefixtures("keys")
def test_keys_of_a_clip_change_the_frame(viewer, tmp_path, qtbot):
    layer = opened(viewer, tmp_path, 4, **CLIP)
    before = place(viewer, layer)
    press(qtbot, viewer, Key.Key_Right)
    assert place(viewer, layer) == before + 1
    press(qtbot, viewer, Key.Key_Up)
    assert place(viewer, layer) == before


@pytest.mark.usefixtures("keys")
def test_keys_with_shift_change_the_time_point(viewer, tmp_path, qtbot):
    layer = opened(viewer, tmp_path, 6, **TIMED)
    press(qtbot, viewer, Key.Key_Left, SHIFT)
    assert place(viewer, layer) == 0
    press(qtbot, viewer, Key.Key_Right, SHIFT)
    assert place(viewer, layer) == 1


@pytest.mark.parametrize("own", [(), ("Mine",)])
def test_keys_digits_pick_the_presets_of_ct(viewer, layer, qtbot, own):
    for name in own:
        UserPresets(presets_file()).add("CT HU", CT[0].__class__(name, 1, 2))
    for key, window in zip(range(Key.Key_1.value, Key.Key_9.value + 1), CT, strict=False):
        press(qtbot, viewer, Key(key))
        assert center_width(layer) == (window.center, window.width)
    assert str(layer.mode) == "pan_zoom"
    for _ in own:
        UserPresets(presets_file()).remove("CT HU", 0)


def test_keys_0_i_f_and_r_change_window_and_view(viewer, layer, qtbot):
    press(qtbot, viewer, Key.Key_0)
    # Slice 15 holds one value.
    assert layer.contrast_limits[0] == pytest.approx(150 - 1024)
    press(qtbot, viewer, Key.Key_I)
    assert is_inverted(layer)
    press(qtbot, viewer, Key.Key_F)
    assert center_width(layer) == (50, 300)
    assert is_inverted(layer)
    flip_view(viewer)
    viewer.dims.order = (1, 0, 2)
    viewer.scene.camera.zoom = 3
    set_center_width(layer, 1, 2)
    press(qtbot, viewer, Key.Key_R)
    assert edge_letters(viewer) == CONVENTION["axial"]
    assert viewer.scene.camera.zoom > 3
    assert center_width(layer) == (1, 2)
    assert is_inverted(layer)
    assert place(viewer, layer) == 15


def test_keys_of_labels_stay_theirs(viewer, layer, qtbot):
    labels = viewer.add_labels(np.zeros((31, 4, 6), int), scale=layer.scale)
    window = center_width(layer)
    press(qtbot, viewer, Key.Key_2)
    assert str(labels.mode) == "paint"
    press(qtbot, viewer, Key.Key_F)
    assert str(labels.mode) == "fill"
    assert center_width(layer) == window
    press(qtbot, viewer, Key.Key_Down)
    assert place(viewer, layer) == 16


def test_keys_without_a_current_series_are_napari_s(viewer, layer, qtbot):
    layer.visible = False
    before = viewer.dims.current_step
    press(qtbot, viewer, Key.Key_Down)
    assert viewer.dims.current_step == before
    press(qtbot, viewer, Key.Key_Right)
    assert viewer.dims.current_step[0] == before[0] + 1


def test_keys_after_release_are_napari_s(viewer, keys, layer, qtbot):
    press(qtbot, viewer, Key.Key_2)
    assert str(layer.mode) == "pan_zoom"
    keys.release()
    press(qtbot, viewer, Key.Key_2)
    assert str(layer.mode) == "transform"
    before = viewer.dims.current_step
    press(qtbot, viewer, Key.Key_Down)
    assert viewer.dims.current_step == before


@pytest.mark.usefixtures("keys")
def test_keys_of_windows_on_a_color_series_are_napari_s(viewer, tmp_path, qtbot):
    layer = opened(viewer, tmp_path, 2, **RGB)
    press(qtbot, viewer, Key.Key_2)
    assert str(layer.mode) == "transform"
    press(qtbot, viewer, Key.Key_1)
    assert str(layer.mode) == "pan_zoom"


def test_keys_release_gives_back_what_was_bound_before(viewer, tmp_path):
    pressed = []
    viewer.bind_key("R", pressed.append)
    layer = opened(viewer, tmp_path, 2)
    layer.bind_key("1", pressed.append)
    before = dict(viewer.keymap), dict(layer.keymap)
    keys = SeriesKeys(viewer)
    assert viewer.keymap != before[0]
    # What somebody bound to this very layer is meant.
    assert layer.keymap[coerce_keybinding("1")] == before[1][coerce_keybinding("1")]
    viewer.keymap[coerce_keybinding("R")](viewer)
    assert pressed == []
    layer.visible = False
    viewer.keymap[coerce_keybinding("R")](viewer)
    assert pressed == [viewer]
    keys.release()
    assert (viewer.keymap, layer.keymap) == before


@pytest.mark.parametrize(("widget", "is_ours"), [(QSpinBox, False), (QPushButton, True)])
def test_keys_beside_the_canvas_unless_typing(viewer, layer, qtbot, monkeypatch, widget, is_ours):
    # napari's window hands to the canvas what the widget that has the focus does not use.
    focus = widget()
    qtbot.addWidget(focus)
    monkeypatch.setattr("qtpy.QtWidgets.QApplication.focusWidget", lambda: focus)
    before = place(viewer, layer)
    qtbot.keyClick(viewer.window._qt_window, Key.Key_Home)
    assert place(viewer, layer) == (0 if is_ours else before)


@pytest.mark.usefixtures("qapp")
def test_keys_bind_to_the_model_of_a_pane(tmp_path):
    pane = ViewerModel()
    keys = SeriesKeys(pane)
    layer = opened(pane, tmp_path, 5)
    pane.keymap[coerce_keybinding("End")](pane)
    assert place(pane, layer) == 4
    layer.keymap[coerce_keybinding("2")](layer)
    assert center_width(layer) == (-600, 1500)
    keys.release()
    assert not pane.keymap
    assert not layer.keymap


@pytest.mark.usefixtures("layer")
def test_keys_that_the_user_rebinds_in_preferences_move(viewer, qtbot):
    from napari._qt.dialogs.preferences_dialog import PreferencesDialog
    from napari._qt.widgets.qt_keyboard_settings import ShortcutEditor

    dialog = PreferencesDialog(viewer.window._qt_window)
    qtbot.addWidget(dialog)
    (editor,) = dialog.findChildren(ShortcutEditor)
    table = editor._table
    titles = [table.item(row, 0).text() for row in range(table.rowCount())]
    assert {key.title for key in KEYS if key.is_rebindable} <= set(titles)
    row = titles.index("DICOM: reset view")
    assert table.item(row, 2).text() == "R"
    table.item(row, 2).setText("Q")
    saved = get_settings().shortcuts.shortcuts["napari-medscan:reset_view"]
    assert [str(shortcut) for shortcut in saved] == ["Q"]
    flip_view(viewer)
    flipped = edge_letters(viewer)
    press(qtbot, viewer, Key.Key_R)
    assert edge_letters(viewer) == flipped
    press(qtbot, viewer, Key.Key_Q)
    assert edge_letters(viewer) == CONVENTION["axial"]
    # As napari does when it restores the defaults.
    action_manager.unbind_shortcut("napari-medscan:reset_view")
    action_manager.bind_shortcut("napari-medscan:reset_view", coerce_keybinding("R"))
    flip_view(viewer)
    press(qtbot, viewer, Key.Key_R)
    assert edge_letters(viewer) == CONVENTION["axial"]
