"""napari's menu, scripts and buttons of ours open one dock between them."""

from __future__ import annotations

import pytest
from napari._app_model import get_app_model
from qtpy.QtWidgets import QDockWidget, QMainWindow

from napari_medscan.napari_.compat.dock_names import share_names
from napari_medscan.napari_.dicom_panel import open_panel

MENU = ("napari-medscan.panel", "napari-medscan:DICOM panel")
"""The command of the Plugins menu, and what it was before napari 0.7."""


@pytest.fixture
def viewer(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    qtbot.waitExposed(viewer.window._qt_window)
    qtbot.wait(100)
    return viewer


def panels(viewer):
    docks = viewer.window._qt_window.findChildren(QDockWidget)
    return [dock for dock in docks if dock.windowTitle().startswith("DICOM panel")]


def from_menu(_viewer):
    commands = get_app_model().commands
    (command,) = (each for each in MENU if each in commands)
    commands.execute_command(command).result()


def from_script(viewer):
    viewer.window.add_plugin_dock_widget("napari-medscan")


@pytest.mark.parametrize("first", [from_menu, from_script, open_panel])
def test_a_panel_is_opened_once_whoever_asks_for_it(viewer, qtbot, first):
    first(viewer)
    (panel,) = panels(viewer)
    qtbot.waitUntil(panel.isVisible)
    from_script(viewer)
    open_panel(viewer)
    assert panels(viewer) == [panel]
    assert panel.isVisible()
    from_menu(viewer)
    assert panels(viewer) == [panel]
    assert not panel.isVisible()
    from_menu(viewer)
    qtbot.waitUntil(panel.isVisible)


def test_a_panel_that_was_closed_is_opened_anew(viewer, qtbot):
    from_script(viewer)
    (panel,) = panels(viewer)
    qtbot.waitUntil(panel.isVisible)
    viewer.window.remove_dock_widget(panel)
    assert not viewer.window.dock_widgets
    from_menu(viewer)
    qtbot.waitUntil(lambda: any(each.isVisible() for each in panels(viewer)))


def test_another_window_is_left_alone(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    share_names(QDockWidget("DICOM panel (MedScan)", window))()
