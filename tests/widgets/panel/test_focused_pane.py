"""What acts on the pane that is focused: Window and Tags tab, commands, keys and overlays."""

from __future__ import annotations

import npe2
import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_medscan.dicom import load
from napari_medscan.napari_ import commands, pane_commands, window_commands
from napari_medscan.napari_.active_viewer import active_viewer
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.orientation_letters import edge_letters
from napari_medscan.napari_.panes import panes_of
from napari_medscan.napari_.qt_canvas import canvas_of
from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.napari_.windowing import center_width, is_inverted
from napari_medscan.widgets.panel.tags_tab import TagsTab
from napari_medscan.widgets.panel.views_tab import ViewsTab
from napari_medscan.widgets.panel.window_tab import WindowTab

from ...studies import write_series

RAMP = {"PixelData": lambda i: np.arange(i, i + 24, dtype="<u2").tobytes()}
WINDOW = {"WindowCenter": 40, "WindowWidth": 400}


@pytest.fixture
def viewer(make_napari_viewer, tmp_path):
    """Return a viewer with series 3, hidden, and series 4."""
    npe2.PluginManager.instance().discover()
    viewer = make_napari_viewer()
    follow_openings(viewer)
    for number, slices in ((3, 5), (4, 9)):
        folder = tmp_path / str(number)
        frame = {"FrameOfReferenceUID": f"1.2.3.{number}"}
        write_series(folder, slices, series=number, **frame, **RAMP, **WINDOW)
        (layer,) = image_layers(load(folder).stacks)
        viewer.add_layer(layer)
    return viewer


@pytest.fixture
def panes(viewer, qtbot):
    """Return panes side by side: series 4 on the main canvas, series 3 beside it."""
    panes = panes_of(viewer)
    panes.arrangement = "Side by side"
    qtbot.waitUntil(lambda: panes.is_ready, timeout=20_000)
    yield panes
    panes.close()
    qtbot.wait(20)


def focus(pane):
    """Click a pane, so that tools act on it."""
    QTest.mouseClick(pane._native, Qt.MouseButton.LeftButton)


def made(kind, viewer, qtbot):
    page = kind(viewer)
    qtbot.addWidget(page.native)
    return page


@pytest.fixture
def window(viewer, qtbot):
    window = made(WindowTab, viewer, qtbot)
    yield window
    window.release()


def test_window_tab_acts_on_the_focused_pane(viewer, panes, window, qtbot):
    side = panes.panes[1]
    main = current_layer(viewer)
    window.level.value = 50
    assert center_width(main) == (50, 400)
    assert center_width(side.layer) == (40, 400)
    focus(side)
    assert window.level.value == 40
    assert window._title.text() == side.layer.name
    window.preset.value = "Lung"
    assert center_width(side.layer) == (-600, 1500)
    assert center_width(main) == (50, 400)
    # A window changed elsewhere is shown, of the focused pane alone.
    side.layer.contrast_limits = (0, 99)
    main.contrast_limits = (0, 299)
    qtbot.waitUntil(lambda: window.window_width.value == 100)
    window.inverted.value = True
    assert (is_inverted(side.layer), is_inverted(main)) == (True, False)
    panes.arrangement = "Single"
    assert active_viewer(viewer) is viewer
    assert window.window_width.value == 300


def test_window_tab_auto_is_of_the_slice_in_the_focused_pane(panes, window, qtbot):
    side = panes.panes[1]
    focus(side)
    before = list(side.layer.contrast_limits)
    window.full_range.clicked.emit(True)
    shown = side.layer.data[slice_in_view(side.viewer, side.layer)]
    qtbot.waitUntil(lambda: list(side.layer.contrast_limits) != before)
    assert list(side.layer.contrast_limits) == [shown.min(), shown.max()]


def test_window_scope_all_reaches_every_pane(viewer, panes, window):
    side = panes.panes[1]
    hidden, main = viewer.layers
    focus(side)
    window.applies_to.value = "All CT"
    window.level.value = 77
    assert [center_width(layer)[0] for layer in (side.layer, hidden, main)] == [77, 77, 77]
    window.applies_to.value = "Selected series"
    window.level.value = 33
    assert [center_width(layer)[0] for layer in (side.layer, hidden, main)] == [33, 77, 77]


def test_tags_tab_follows_the_focused_pane(viewer, panes, qtbot):
    side = panes.panes[1]
    tags = made(TagsTab, viewer, qtbot)
    note = tags.file_note

    def says(text):
        return lambda: note.value.startswith(text)

    qtbot.waitUntil(says("Slice 5 of 9"), timeout=20_000)
    assert [name for _, name in tags._offered_others(None)] == ["", side.layer.name]
    focus(side)
    qtbot.waitUntil(says("Slice 3 of 5"), timeout=20_000)
    assert [name for _, name in tags._offered_others(None)] == ["", current_layer(viewer).name]
    side.viewer.dims.set_current_step(0, 4)
    qtbot.waitUntil(says("Slice 5 of 5"), timeout=20_000)
    focus(panes.panes[0])
    qtbot.waitUntil(says("Slice 5 of 9"), timeout=20_000)
    tags.release()


def test_commands_of_series_view_and_window_act_on_the_focused_pane(viewer, panes):
    side = panes.panes[1]
    main = current_layer(viewer)
    focus(side)
    commands.last_slice(viewer)
    assert slice_in_view(side.viewer, side.layer) == 4
    assert slice_in_view(viewer, main) == 4 != len(main.data) - 1
    window_commands.ct_bone(viewer)
    assert center_width(side.layer) != center_width(main) == (40, 400)
    letters = edge_letters(viewer)
    commands.flip_horizontally(viewer)
    assert edge_letters(viewer) == letters
    assert edge_letters(side.viewer)["left"] == letters["right"]
    # Called by a key of a pane, a command acts there whatever is focused.
    focus(panes.panes[0])
    commands.first_slice(side.viewer)
    assert slice_in_view(side.viewer, side.layer) == 0
    assert slice_in_view(viewer, main) == 4


def test_close_series_of_the_focused_pane_removes_its_layer(viewer, panes, qtbot):
    side = panes.panes[1]
    hidden, main = viewer.layers
    assert side.source is hidden
    focus(side)
    commands.close_series(viewer)
    assert list(viewer.layers) == [main]
    qtbot.waitUntil(lambda: not side.viewer.layers)


def test_keys_of_the_main_canvas_act_on_the_focused_pane(viewer, panes, qtbot):
    side = panes.panes[1]
    views = made(ViewsTab, viewer, qtbot)
    focus(side)
    # What napari does with a key that a button of a dock leaves.
    QTest.keyClick(canvas_of(viewer).canvas.native, Qt.Key.Key_2)
    QApplication.processEvents()
    assert center_width(side.layer) == (-600, 1500)
    assert center_width(current_layer(viewer)) == (40, 400)
    views.release()


def test_views_tab_turns_the_focused_pane(viewer, panes, qtbot):
    side = panes.panes[1]
    views = made(ViewsTab, viewer, qtbot)
    focus(side)
    views.plane.value = "Coronal"
    assert side.viewer.dims.order == (1, 0, 2)
    assert viewer.dims.order == (0, 1, 2)
    assert views.plane.value == "Coronal"
    focus(panes.panes[0])
    assert views.plane.value == "Axial"
    views.release()


def test_overlay_switches_are_those_of_panes_too(viewer, panes, qtbot):
    side = panes.panes[1]

    def texts(model):
        overlays = model.canvas.overlays
        return [
            any(key in overlays and overlays[key].visible for key in keys)
            for keys in (("medscan_left", "medscan_top"), ("medscan_place", "medscan_window"))
        ]

    views = made(ViewsTab, viewer, qtbot)
    views.arrangement.value = "Side by side"
    qtbot.waitUntil(lambda: texts(side.viewer) == [True, True])
    views.letters.value = False
    assert texts(side.viewer) == [False, True]
    views.corner_text.value = False
    assert texts(side.viewer) == [False, False]
    views.arrangement.value = "2 × 2"
    qtbot.waitUntil(lambda: panes.is_ready, timeout=20_000)
    qtbot.wait(50)
    assert [texts(pane.viewer) for pane in panes.panes] == [[False, False]] * 4
    views.letters.value = views.corner_text.value = True
    qtbot.waitUntil(lambda: texts(side.viewer) == [True, True])
    views.release()


def test_link_at_this_offset_scrolls_series_of_other_frames_together(viewer, panes, qtbot):
    views = made(ViewsTab, viewer, qtbot)
    side = panes.panes[1].viewer
    viewer.dims.set_current_step(0, 4)
    side.dims.set_current_step(0, 1)
    qtbot.wait(50)
    assert not views.link_by_hand.value
    views.link_by_hand.value = True
    assert panes.is_linked_by_hand
    viewer.dims.set_current_step(0, 5)
    qtbot.waitUntil(lambda: side.dims.current_step[0] == 2)
    views.link_by_hand.value = False
    viewer.dims.set_current_step(0, 4)
    qtbot.wait(50)
    assert side.dims.current_step[0] == 2
    views.release()


def test_pane_switches_follow_what_commands_and_scripts_do(viewer, panes, qtbot):
    panes.scout_lines = False
    views = made(ViewsTab, viewer, qtbot)
    assert not views.scout_lines.value
    pane_commands.link_panes_by_hand(viewer)
    assert views.link_by_hand.value
    pane_commands.unlink_panes(viewer)
    assert (views.link.value, views.link_by_hand.value) == (False, False)
    assert views.link_by_hand.enabled
    views.scout_lines.value = True
    assert panes.scout_lines
    assert not panes.link
    pane_commands.arrange_single(viewer)
    assert not views.link_by_hand.enabled
    views.release()
