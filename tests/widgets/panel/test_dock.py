"""The panel in its dock: opening, closing, reopening."""

from __future__ import annotations

import gc
import weakref

import napari
import npe2
import pytest
from qtpy.QtCore import QEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDockWidget, QWidget

from napari_medscan.napari_ import menu, settings
from napari_medscan.widgets.dock import WIDTH
from napari_medscan.widgets.panel import dock as panel_module
from napari_medscan.widgets.panel.dock import SECTIONS, MedScanPanel

from ...studies import write_many


@pytest.fixture
def viewer(make_napari_viewer):
    npe2.PluginManager.instance().discover()
    return make_napari_viewer()


def dock(viewer):
    """Open the panel as the Plugins menu does."""
    return viewer.window.add_plugin_dock_widget("napari-medscan", "DICOM panel")


def settle():
    """Do what Qt and Python put off."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()
    gc.collect()


def connections(viewer):
    """Return which objects of ours listen to the viewer, its layers and the settings."""
    groups = {id(group): group for group, _ in settings._properties()}.values()
    emitters = [
        *viewer.dims.events.emitters.values(),
        *viewer.layers.events.emitters.values(),
        *viewer.scene.camera.events.emitters.values(),
        viewer.layers.selection.events.active,
        *(group.events for group in groups),
    ]
    # Methods are kept as a weak reference to their object, and a name.
    methods = [c for emitter in emitters for c in emitter.callbacks if isinstance(c, tuple)]
    listeners = [reference() for reference, _ in methods]
    return [x for x in listeners if type(x).__module__.startswith("napari_medscan")]


def test_it_has_a_tab_for_each_section_and_fits_its_width(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    widget, panel = dock(viewer)
    assert isinstance(panel, MedScanPanel)
    titles = [panel.tabs.tabText(i) for i in range(panel.tabs.count())]
    assert titles == [title for title, _ in SECTIONS]
    assert panel.sizeHint().width() == WIDTH
    for tab in range(panel.tabs.count()):
        panel.tabs.setCurrentIndex(tab)
        QTest.qWait(20)
        area = panel.tabs.currentWidget()
        assert area.widget().minimumSizeHint().width() <= WIDTH
        assert panel.minimumSizeHint().width() <= WIDTH
    viewer.window.remove_dock_widget(widget)


def test_hiding_keeps_it_closing_releases_it(viewer, monkeypatch):
    released = []

    class Section(QWidget):
        def __init__(self, _viewer):
            super().__init__()

        def release(self):
            released.append(self)

    monkeypatch.setattr(panel_module, "SECTIONS", (("One", Section), ("Two", Section)))
    widget, panel = dock(viewer)
    widget.close()
    assert released == []
    assert dock(viewer)[1] is panel
    widget.destroyOnClose()
    assert len(released) == 2
    panel.release()
    assert len(released) == 2
    settle()


def test_as_a_window_of_its_own_it_is_released_when_closed(viewer, qtbot):
    panel = MedScanPanel(viewer)
    qtbot.addWidget(panel)
    panel.show()
    assert connections(viewer)
    panel.close()
    assert connections(viewer) == []


def test_it_works_again_after_it_was_closed(viewer, qtbot, tmp_path, record):
    dock(viewer)[0].destroyOnClose()
    write_many(tmp_path, 2)
    menu.open_paths(viewer, [tmp_path])
    widget, panel = dock(viewer)
    section = panel.series
    assert len(section.tree._items) == 2
    section.tree.selectAll()
    section.close_series()
    assert not viewer.layers
    section.open()
    assert len(viewer.layers) == 2
    section.tree.select(record.stacks[0])
    section.show_only()
    assert [layer.visible for layer in viewer.layers] == [True, False]
    qtbot.waitUntil(lambda: not section._thumbnails._timer.isActive())
    widget.destroyOnClose()
    settle()


def test_fifty_times_open_and_closed_leave_nothing(viewer, tmp_path, record):
    write_many(tmp_path, 1)
    docks = viewer.window._qt_window.findChildren(QDockWidget)
    left = []
    for _ in range(50):
        widget, panel = dock(viewer)
        menu.open_paths(viewer, [tmp_path])
        QApplication.processEvents()
        section = panel.series
        parts = panel, section, section.tree, section._subscription, *viewer.layers
        left += map(weakref.ref, parts)
        section.tree.selectAll()
        section.close_series()
        section.remove_from_list()
        widget.destroyOnClose()
        del widget, panel, section, parts
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    settle()
    assert record.stacks == ()
    assert connections(viewer) == []
    assert len(viewer.window._qt_window.findChildren(QDockWidget)) == len(docks)
    assert [ref() for ref in left if ref() is not None] == []


def test_closing_the_viewer_lets_the_panel_go(make_napari_viewer, tmp_path):
    viewer = make_napari_viewer()
    write_many(tmp_path, 2)
    panel = dock(viewer)[1]
    menu.open_paths(viewer, [tmp_path])
    section = weakref.ref(panel.series)
    panel = weakref.ref(panel)
    viewer.close()
    del viewer
    settle()
    settings.change(corner_text=False)
    settings.change(corner_text=True)
    assert section() is None
    assert panel() is None


@pytest.mark.filterwarnings("ignore:resource_tracker")
def test_closing_the_window_with_the_panel_open_harms_nothing(qtbot, tmp_path):
    """Timers of a panel that is gone must not call its buttons."""
    write_many(tmp_path, 1)
    for _ in range(2):
        viewer = napari.Viewer(show=True)
        dock(viewer)
        viewer.open(str(tmp_path), plugin=menu.PLUGIN)
        qtbot.wait(50)
        viewer.dims.set_current_step(0, 1)
        viewer.close()
        qtbot.wait(100)
