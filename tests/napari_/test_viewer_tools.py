"""Overlays and hands belong to the viewer: they are there without the panel, and go with it."""

import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication

from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.napari_.viewer_tools import OVERLAYS, tools_of

from ..studies import write_series

PLUGIN = "napari-medscan"


@pytest.fixture
def viewer(make_napari_viewer, tmp_path):
    """Return a viewer in which a series was opened, without the panel."""
    viewer = make_napari_viewer(show=True)
    write_series(tmp_path, 9)
    viewer.open(str(tmp_path), plugin=PLUGIN)
    return viewer


def texts(viewer):
    overlays = viewer.canvas.overlays.items()
    return {name: o.text for name, o in overlays if name.startswith("medscan_") and o.visible}


def scroll(viewer, notches):
    canvas = viewer.window._qt_viewer.canvas.native
    center = QPointF(canvas.rect().center())
    event = QWheelEvent(
        center,
        QPointF(canvas.mapToGlobal(center.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def test_tools_without_the_panel_letters_and_corner_text_stand_on_the_canvas(viewer, qtbot):
    qtbot.waitUntil(lambda: texts(viewer).get("medscan_left") == "R")
    assert texts(viewer)["medscan_place"].startswith("CT 3")
    assert viewer.canvas.overlays["scale_bar"].visible


def test_tools_without_the_panel_the_wheel_scrolls(viewer):
    (layer,) = viewer.layers
    before, zoom = slice_in_view(viewer, layer), viewer.scene.camera.zoom
    scroll(viewer, -1)
    assert abs(slice_in_view(viewer, layer) - before) == 1
    assert viewer.scene.camera.zoom == zoom


def test_tools_closed_panel_leaves_them(viewer, qtbot):
    dock, _ = viewer.window.add_plugin_dock_widget(PLUGIN, "DICOM panel")
    dock.destroyOnClose()
    qtbot.wait(50)
    assert texts(viewer)["medscan_left"] == "R"


def test_tools_panel_alone_takes_them_with_it(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    before = set(viewer.canvas.overlays), list(viewer.mouse_wheel_callbacks)
    dock, _ = viewer.window.add_plugin_dock_widget(PLUGIN, "DICOM panel")
    assert set(viewer.canvas.overlays) != before[0]
    dock.destroyOnClose()
    qtbot.wait(50)
    assert (set(viewer.canvas.overlays), list(viewer.mouse_wheel_callbacks)) == before


@pytest.mark.parametrize("name", OVERLAYS)
def test_tools_switch_and_the_panel_show_the_same(viewer, name):
    _, panel = viewer.window.add_plugin_dock_widget(PLUGIN, "DICOM panel")
    tools, box = tools_of(viewer), getattr(panel.views, name)
    assert box.value is tools.is_on(name)
    for on in (False, True, False):
        tools.switch(name, on=on)
        assert box.value is on
    box.value = True
    assert tools.is_on(name)


def test_tools_are_one_per_viewer_and_released_with_its_window(viewer):
    tools = tools_of(viewer)
    assert tools_of(viewer) is tools
    viewer.close()
    assert not any(tools.is_on(name) for name in OVERLAYS)


def test_tools_window_never_shown_lets_everything_go(make_napari_viewer, tmp_path):
    """The fixture fails if anything of the window is left."""
    viewer = make_napari_viewer()
    write_series(tmp_path, 3)
    viewer.open(str(tmp_path), plugin=PLUGIN)
    assert tools_of(viewer).is_on("letters")
