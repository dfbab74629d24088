"""The panel in its dock: opening, closing, reopening."""

from __future__ import annotations

import os
import weakref

import napari
import pytest
from qtpy.QtCore import QEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDockWidget

from napari_medscan.napari_ import menu, settings
from napari_medscan.napari_.viewer_tools import tools_of
from napari_medscan.napari_.volume_view import volumes_of
from napari_medscan.widgets.dock import WIDTH
from napari_medscan.widgets.panel import dock as panel_module
from napari_medscan.widgets.panel.dock import PAGES, MedScanPanel
from napari_medscan.widgets.panel.form import Page

from ...napari_window import fresh_application, let_go
from ...studies import write_many

PANEL, ASSISTANT = "DICOM panel", "AI assistant"
"""Display names in the manifest."""
TIMES = 50 if os.environ.get("MEDSCAN_TORTURE") else 3
"""How often the panel is opened and closed."""


def dock(viewer, name=PANEL):
    """Open the panel as the Plugins menu does."""
    return viewer.window.add_plugin_dock_widget("napari-medscan", name)


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


def test_panel_has_a_tab_for_each_page_and_fits_its_width(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    widget, panel = dock(viewer)
    assert isinstance(panel, MedScanPanel)
    assert [panel.tabs.tabText(i) for i in range(panel.tabs.count())] == [t for t, _ in PAGES]
    assert panel.native.sizeHint().width() == WIDTH
    pages = panel.series, panel.window, panel.views, panel.measure, panel.tags
    for number, page in enumerate(pages):
        panel.tabs.setCurrentIndex(number)
        QTest.qWait(20)
        assert panel.tabs.currentWidget().widget() is page.native
        assert page.native.minimumSizeHint().width() <= WIDTH - 8, page.name
        assert panel.native.minimumSizeHint().width() <= WIDTH
    viewer.window.remove_dock_widget(widget)


def test_panel_hidden_is_kept_and_closed_is_released(viewer, monkeypatch):
    released = []

    class Empty(Page):
        def __init__(self, _viewer):
            super().__init__()

        def release(self):
            released.append(self)

    monkeypatch.setattr(panel_module, "PAGES", (("One", Empty), ("Two", Empty)))
    widget, panel = dock(viewer)
    widget.close()
    assert released == []
    assert dock(viewer)[1] is panel
    widget.destroyOnClose()
    assert len(released) == 2
    panel.release()
    assert len(released) == 2
    let_go()


def test_panel_and_assistant_share_their_place_as_tabs(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    widget, _ = dock(viewer)
    other, _ = dock(viewer, ASSISTANT)
    window = viewer.window._qt_window
    qtbot.waitUntil(lambda: window.tabifiedDockWidgets(widget) == [other])
    for each in (widget, other):
        viewer.window.remove_dock_widget(each)


def test_as_a_window_of_its_own_it_is_released_when_closed(viewer, qtbot):
    # It stays with the viewer, panel or not.
    volumes_of(viewer)
    before = len(connections(viewer))
    panel = MedScanPanel(viewer)
    qtbot.addWidget(panel.native)
    panel.native.show()
    assert len(connections(viewer)) > before
    panel.native.close()
    assert len(connections(viewer)) == before


def test_panel_opened_again_after_it_was_closed_works(viewer, qtbot, tmp_path):
    dock(viewer)[0].destroyOnClose()
    write_many(tmp_path, 2)
    menu.open_paths(viewer, [tmp_path])
    widget, panel = dock(viewer)
    section = panel.series
    assert len(section.names) == 2
    section.tree.selectAll()
    section.close_series()
    assert not viewer.layers
    section.open()
    assert len(viewer.layers) == 2
    section.show_only(section.names[0])
    assert [x.visible for x in viewer.layers] == [x.name == section.names[0] for x in viewer.layers]
    qtbot.waitUntil(lambda: not section._thumbnails._timer.isActive())
    widget.destroyOnClose()
    let_go()


def test_panel_opened_and_closed_many_times_leaves_nothing(viewer, qtbot, tmp_path, record):
    write_many(tmp_path, 1)
    # They stay with the series and the viewer, panel or not.
    tools_of(viewer)
    volumes_of(viewer)
    before = len(connections(viewer))
    docks = viewer.window._qt_window.findChildren(QDockWidget)
    left = []
    for _ in range(TIMES):
        widget, panel = dock(viewer)
        menu.open_paths(viewer, [tmp_path])
        QApplication.processEvents()
        section = panel.series
        pages = (panel.window, panel.views, panel.tags)
        left += map(weakref.ref, (panel, panel.native, *pages, section, *viewer.layers))
        section.tree.selectAll()
        section.close_series()
        section.remove_from_list()
        widget.destroyOnClose()
        del widget, panel, section, pages
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    # Threads of the panel end by themselves.
    qtbot.waitUntil(lambda: let_go() or not [ref for ref in left if ref() is not None])
    assert record.stacks == ()
    assert len(connections(viewer)) == before
    assert len(viewer.window._qt_window.findChildren(QDockWidget)) == len(docks)


def test_closing_the_viewer_lets_the_panel_go(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    write_many(tmp_path, 2)
    panel = dock(viewer)[1]
    menu.open_paths(viewer, [tmp_path])
    section = weakref.ref(panel.series)
    panel = weakref.ref(panel)
    viewer.close()
    del viewer
    let_go()
    settings.change(corner_text=False)
    settings.change(corner_text=True)
    # Threads of the panel end by themselves.
    qtbot.waitUntil(lambda: let_go() or (section() is None and panel() is None))


@pytest.mark.filterwarnings("ignore:resource_tracker")
def test_closing_the_window_with_the_panel_open_harms_nothing(qtbot, tmp_path):
    """Timers of a panel that is gone must not call its buttons."""
    write_many(tmp_path, 1)
    with fresh_application():
        for _ in range(2):
            viewer = napari.Viewer(show=True)
            dock(viewer)
            viewer.open(str(tmp_path), plugin=menu.PLUGIN)
            qtbot.wait(50)
            viewer.dims.set_current_step(0, 1)
            viewer.close()
            qtbot.wait(100)
        del viewer
