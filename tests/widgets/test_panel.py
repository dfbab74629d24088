"""The panel as a whole: it comes and goes without a trace."""

from __future__ import annotations

import gc
import weakref

import napari
import pytest
from qtpy.QtTest import QTest

from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.widgets.panel import SECTIONS, WIDTH, MedScanPanel

from ..studies import write_series


def docked(viewer):
    return viewer.window.add_plugin_dock_widget(PLUGIN, "MedScan")


def test_it_has_a_tab_for_each_section_and_fits_its_width(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    _, panel = docked(viewer)
    assert isinstance(panel, MedScanPanel)
    titles = [panel.tabs.tabText(i) for i in range(panel.tabs.count())]
    assert titles == [title for title, _ in SECTIONS]
    for tab in range(panel.tabs.count()):
        panel.tabs.setCurrentIndex(tab)
        QTest.qWait(20)
        area = panel.tabs.currentWidget()
        assert area.widget().minimumSizeHint().width() <= WIDTH
        assert panel.minimumSizeHint().width() <= WIDTH


def test_closing_the_dock_lets_go_of_the_viewer(make_napari_viewer, tmp_path):
    write_series(tmp_path)
    viewer = make_napari_viewer()
    viewer.open(str(tmp_path), plugin=PLUGIN)
    before = len(viewer.dims.events.current_step.callbacks)
    for _ in range(3):
        dock, panel = docked(viewer)
        gone = weakref.ref(panel)
        QTest.qWait(20)
        viewer.window.remove_dock_widget(panel)
        panel.deleteLater()
        del panel, dock
        QTest.qWait(50)
        gc.collect()
        assert gone() is None
    assert len(viewer.dims.events.current_step.callbacks) == before


@pytest.mark.filterwarnings("ignore:resource_tracker")
def test_closing_the_window_with_the_panel_open_harms_nothing(qtbot, tmp_path):
    """Timers of a panel that is gone must not call its buttons."""
    write_series(tmp_path)
    for _ in range(2):
        viewer = napari.Viewer(show=True)
        docked(viewer)
        viewer.open(str(tmp_path), plugin=PLUGIN)
        qtbot.wait(50)
        viewer.dims.set_current_step(0, 1)
        viewer.close()
        qtbot.wait(100)
