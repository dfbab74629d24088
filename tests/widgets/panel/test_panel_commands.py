"""Commands that press a button of the panel."""

from __future__ import annotations

from itertools import pairwise

import pytest
from magicgui.widgets import CheckBox, Container, PushButton
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QAbstractSpinBox

from napari_medscan.dicom import load
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.user_presets import UserPresets, presets_file
from napari_medscan.napari_.windowing import set_center_width
from napari_medscan.widgets.panel import panel_commands

from ...napari_.test_commands import FUNCTIONS, run
from ...napari_.test_planes import opened

NAMES = [name for name, where in FUNCTIONS.items() if "panel_commands" in where]


@pytest.fixture
def panel(viewer):
    return viewer.window.add_plugin_dock_widget("napari-medscan", "DICOM panel")[1]


def page(panel):
    return panel.tabs.tabText(panel.tabs.currentIndex())


@pytest.mark.parametrize("name", NAMES)
def test_command_has_its_own_name_and_a_sentence(name):
    command = getattr(panel_commands, name)
    assert command.__name__ == name
    assert command.__doc__.endswith(".")


def test_open_series_opens_what_is_selected(viewer, tmp_path, told, record):
    for number in (1, 2):
        opened(viewer, tmp_path / str(number), 3, series=number, FrameOfReferenceUID="1.2.7")
    first = viewer.layers[0]
    record.add(load(tmp_path / "1"))
    viewer.layers.remove(first)
    told.clear()
    run("show_panel", viewer)
    panel = viewer.window.add_plugin_dock_widget("napari-medscan", "DICOM panel")[1]
    panel.series.select(panel.series.stacks[0])
    panel.show_page("tags")
    run("open_series", viewer)
    assert page(panel) == "Series"
    assert current_layer(viewer).metadata["medscan"].header.series_number == 1
    panel.series.select()
    run("open_series", viewer)
    assert [note.message for note in told] == ["Select a series in the DICOM panel first."]


def test_save_preset_and_delete_preset_change_what_is_stored(viewer, panel, tmp_path, told):
    layer = opened(viewer, tmp_path, 3)
    set_center_width(layer, 77, 333)
    run("save_preset", viewer)
    assert page(panel) == "Window"
    own = UserPresets(presets_file())
    assert [(x.center, x.width) for x in own.of("CT HU")] == [(77, 333)]
    told.clear()
    run("delete_preset", viewer)
    assert own.of("CT HU") == ()
    assert not told
    run("delete_preset", viewer)
    assert [note.message for note in told] == ["Select one of your own presets first."]


def test_tags_are_copied_and_exported(viewer, panel, tmp_path, told, qtbot, monkeypatch):
    opened(viewer, tmp_path / "ct", 3)
    told.clear()
    path = tmp_path / "tags.csv"
    where = "napari_medscan.widgets.panel.tag_export.ask_where_to_save"
    monkeypatch.setattr(where, lambda *_: path)
    run("export_tags", viewer)
    assert page(panel) == "Tags"
    run("copy_tag_value", viewer)
    assert [note.message for note in told] == [
        "The tags are still being read. Export them in a moment.",
        "Select a tag first.",
    ]
    assert not path.exists()
    qtbot.waitUntil(lambda: len(panel.tags.model.tree) > 0, timeout=30_000)
    panel.tags.search.value = "Modality"
    qtbot.waitUntil(lambda: panel.tags.model.rowCount() == 1)
    panel.tags.view.setCurrentIndex(panel.tags.model.index(0, 0))
    copied = []
    for name in ("copy_tag_value", "copy_tag_row", "copy_tag_expression"):
        run(name, viewer)
        copied.append(QGuiApplication.clipboard().text())
    assert copied[0] == "CT"
    assert copied[1].split("\t")[-1] == "CT"
    assert copied[2] == "Modality"
    run("export_tags", viewer)
    qtbot.waitUntil(lambda: path.exists() and not panel.tags.export.is_writing)
    assert "Modality" in path.read_text()


MODES = {
    "length": "add_line",
    "angle": "add_polyline",
    "cobb_angle": "add_polyline",
    "diameters": "add_line",
    "ellipse": "add_ellipse",
    "rectangle": "add_rectangle",
    "polygon": "add_polygon",
    "freehand": "add_polygon_lasso",
    "point": "add",
    "arrow": "add_line",
}


def test_measure_commands_choose_the_tool_and_give_the_table(viewer, panel, tmp_path, monkeypatch):
    opened(viewer, tmp_path / "ct", 3)
    for name, mode in MODES.items():
        run(f"measure_{name}", viewer)
        assert viewer.layers.selection.active.mode == mode
    path = tmp_path / "measured.csv"
    where = "napari_medscan.widgets.save_bytes.ask_where_to_save"
    monkeypatch.setattr(where, lambda *_: path)
    chooses = "napari_medscan.widgets.panel.measure_tab.ask_for_file"
    monkeypatch.setattr(chooses, lambda *_: None)
    run("copy_measurements", viewer)
    run("save_measurements", viewer)
    for name in ("mark_key_image", "delete_measurement", "calibrate", "open_measurements"):
        run(name, viewer)
    copied = QGuiApplication.clipboard().text()
    assert path.read_text("utf-8-sig").split() == copied.replace("\t", ",").split()
    assert page(panel) == "Measure"


TOGGLES = {
    "toggle_always_open": ("series", "always_open"),
    "toggle_right_drag": ("window", "right_drag"),
    "toggle_wheel_scrolls": ("window", "wheel_scrolls"),
    "toggle_align_in_3d": ("views", "align_in_3d"),
    "toggle_sync_position": ("views", "sync_position"),
    "toggle_identifiers": ("tags", "show_identifiers"),
    "toggle_differences": ("tags", "only_differences"),
}


def test_toggles_turn_the_switch_of_the_panel_and_back(viewer, panel, tmp_path, told):
    opened(viewer, tmp_path, 3)
    told.clear()
    for name, (where, widget) in TOGGLES.items():
        switch = getattr(getattr(panel, where), widget)
        before = bool(switch.value)
        for is_on in (not before, before):
            run(name, viewer)
            assert bool(switch.value) is is_on, name
    assert not told
    assert set(TOGGLES) == {name for name in NAMES if name.startswith("toggle")}


# What a button of the panel does, and which command does the same.
BUTTONS = {
    "series": {
        "open_button": "open_series",
        "close_button": "close_series",
        "show_only_button": "show_only",
        "reveal_button": "show_in_file_manager",
        "always_open": "toggle_always_open",
    },
    "window": {
        "auto": "window_auto",
        "full_range": "window_full_range",
        "inverted": "window_invert",
        "my_presets": "save_preset",
        "right_drag": "toggle_right_drag",
        "wheel_scrolls": "toggle_wheel_scrolls",
    },
    "views": {
        "as_acquired": "plane_acquired",
        "cine": "cine_start",
        "align_in_3d": "toggle_align_in_3d",
        "sync_position": "toggle_sync_position",
        "set_reference": "set_reference_slice",
        "link_to_slice": "link_to_reference",
        "unlink": "unlink_series",
        "link": "link_panes",
        "link_by_hand": "link_panes_by_hand",
        "crosshair": "toggle_crosshair",
        "scout_lines": "toggle_scout_lines",
        "reset_view": "reset_view",
        "fit": "fit_view",
        "actual_size": "actual_size",
        "rotate_left": "rotate_left",
        "rotate_right": "rotate_right",
        "flip_horizontally": "flip_horizontally",
        "flip_vertically": "flip_vertically",
        "letters": "toggle_letters",
        "corner_text": "toggle_corner_text",
        "patient_name": "toggle_patient_name",
        "scale_bar": "toggle_scale_bar",
        "cursor_values": "toggle_cursor_values",
    },
    "measure": {
        **{name: f"measure_{name}" for name in MODES},
        "key_image": "mark_key_image",
        "delete": "delete_measurement",
        "calibrate": "calibrate",
        "open_table": "open_measurements",
        "copy_table": "copy_measurements",
        "save_table": "save_measurements",
    },
    "tags": {
        "export": "export_tags",
        "show_identifiers": "toggle_identifiers",
        "only_differences": "toggle_differences",
        # It ends what only_differences begins.
        "cancel": "toggle_differences",
    },
}


def buttons(container):
    for part in container:
        if isinstance(part, Container):
            yield from buttons(part)
        elif isinstance(part, PushButton | CheckBox):
            yield part.name


def test_every_button_of_the_panel_is_a_command(panel):
    pages = {part.name: set(buttons(part)) for part in panel if part.name != "settings"}
    assert pages == {name: set(known) for name, known in BUTTONS.items()}
    assert {command for known in BUTTONS.values() for command in known.values()} <= set(FUNCTIONS)


def focusable(page):
    """Yield what Tab stops at on a page, in its order, with the place there."""
    found = page.nextInFocusChain()
    while found is not page:
        stops = page.isAncestorOf(found) and found.isVisibleTo(page)
        # The line of a field is in the field, and hands its focus on.
        stops = stops and not isinstance(found.parent(), QAbstractSpinBox)
        if stops and found.focusPolicy() & Qt.FocusPolicy.TabFocus:
            yield found, found.mapTo(page, QPoint())
        found = found.nextInFocusChain()


def test_tab_goes_through_each_page_from_top_to_bottom(panel, qtbot):
    panel.native.resize(320, 900)
    panel.native.show()
    qtbot.waitExposed(panel.native)
    for number in range(panel.tabs.count()):
        panel.tabs.setCurrentIndex(number)
        qtbot.wait(20)
        tops = [place.y() for _, place in focusable(panel.tabs.currentWidget())]
        assert len(tops) > 3
        # Those of one row may differ by what is around them.
        assert all(after >= before - 8 for before, after in pairwise(tops)), number
