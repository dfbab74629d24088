"""A dock is released once, however it goes."""

from __future__ import annotations

import gc

import pytest
from magicgui.widgets import ComboBox
from napari.qt import QtViewer, get_stylesheet
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDockWidget,
    QMainWindow,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.widgets.dock import WIDTH, DockContainer, Docked, _release_all, scrolling
from napari_medscan.widgets.panel.form import number


@pytest.fixture
def released():
    return []


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    window.setCentralWidget(QWidget())
    QVBoxLayout(window.centralWidget())
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window


def placed(window, released, kind=Docked):
    """Put a dock into a window, that notes which of its two parts was released."""
    dock = kind()
    dock.on_release(lambda: released.append("first"), lambda: released.append("second"))
    widget = getattr(dock, "native", dock)
    window.centralWidget().layout().addWidget(widget)
    widget.show()
    return dock, widget


GOES = {
    "asked": lambda dock, _: dock.release(),
    "taken out": lambda _, widget: widget.setParent(None),
    "its window closed": lambda _, widget: widget.window().close(),
    "deleted": lambda _, widget: widget.deleteLater(),
    "the process ends": lambda *_: _release_all(),
}


@pytest.mark.parametrize("kind", [Docked, DockContainer])
@pytest.mark.parametrize("how", GOES)
def test_dock_that_goes_is_released_once_the_last_part_first(how, kind, window, released):
    dock, widget = placed(window, released, kind)
    GOES[how](dock, widget)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert released == ["second", "first"]
    if how not in ("deleted", "taken out"):
        dock.release()
        widget.deleteLater()
    assert released == ["second", "first"]


def test_dock_container_reset_choices_changes_no_box(qtbot):
    """napari calls it whenever its layers change."""
    dock = DockContainer()
    qtbot.addWidget(dock.native)
    box = ComboBox(name="box", choices=["one", "two"])
    dock.append(box)
    box.choices = ["three", "four"]
    box.value = "four"
    dock.reset_choices()
    assert box.value == "four"
    dock.release()


def test_two_docks_in_one_area_become_tabs_with_the_new_one_in_front(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(QWidget())
    window.show()
    places = []
    for make in (DockContainer, Docked):
        content = make()
        place = QDockWidget()
        place.setWidget(getattr(content, "native", content))
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, place)
        places.append(place)
        qtbot.wait(20)
    assert window.tabifiedDockWidgets(places[0]) == [places[1]]
    qtbot.waitUntil(lambda: not places[1].visibleRegion().isEmpty())
    assert places[0].visibleRegion().isEmpty()


def test_a_window_of_its_own_is_released_when_it_is_closed(qtbot, released):
    dock = Docked()
    qtbot.addWidget(dock)
    dock.on_release(lambda: released.append(True))
    dock.show()
    dock.close()
    assert released == [True]


def test_hiding_it_in_its_window_releases_nothing(window, released):
    dock, widget = placed(window, released)
    widget.hide()
    gc.collect()
    assert released == []
    dock.release()


def test_what_qt_has_deleted_before_harms_nothing(window, released):
    def gone():
        raise RuntimeError("wrapped C/C++ object has been deleted")

    dock, _ = placed(window, released)
    dock.on_release(gone)
    dock.release()
    assert released == ["second", "first"]


def test_it_asks_for_its_width_and_what_is_in_it_scrolls_where_there_is_no_room(qtbot):
    dock, part = Docked(), QWidget()
    area = scrolling(part)
    qtbot.addWidget(dock)
    qtbot.addWidget(area)
    assert dock.sizeHint().width() == WIDTH
    assert area.widget() is part
    area.resize(WIDTH, WIDTH)
    for bar in (area.horizontalScrollBar(), area.verticalScrollBar()):
        assert bar.maximum() == 0
    part.setMinimumSize(2 * WIDTH, 2 * WIDTH)
    area.show()
    for bar in (area.horizontalScrollBar(), area.verticalScrollBar()):
        qtbot.waitUntil(bar.isVisible)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("made", [QPushButton, QCheckBox, QComboBox])
def test_what_has_the_keyboard_is_seen_in_napari_s_themes(made, theme, window, released, qtbot):
    window.setStyleSheet(get_stylesheet(theme))
    _, dock = placed(window, released)
    QVBoxLayout(dock)
    parts = [made(), made()]
    for part in parts:
        dock.layout().addWidget(part)
        part.resize(100, 30)
    window.activateWindow()
    parts[0].setFocus()
    qtbot.waitUntil(parts[0].hasFocus)
    before = parts[0].grab().toImage()
    parts[1].setFocus()
    after = parts[0].grab().toImage()
    edge = QColor("#3f7cf0").rgb()
    pixels = [(x, y) for x in range(before.width()) for y in range(before.height())]
    assert any(before.pixel(*at) == edge for at in pixels)
    assert all(after.pixel(*at) != edge for at in pixels)


def test_escape_gives_the_keys_to_the_image(make_napari_viewer, qtbot, monkeypatch):
    make_napari_viewer()
    focused = []
    monkeypatch.setattr(QtViewer, "setFocus", lambda _canvas: focused.append(True))
    dock = Docked()
    button = QPushButton("Length", dock)
    qtbot.addWidget(dock)
    qtbot.keyClick(button, Qt.Key.Key_Tab)
    assert not focused
    qtbot.keyClick(button, Qt.Key.Key_Escape)
    assert focused


def test_escape_leaves_a_number_as_it_was_before_it_was_typed(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    entered = []
    field = number("level", "Level", entered.append, limits=(-1000, 1000), value=40)
    dock = Docked()
    QVBoxLayout(dock).addWidget(field.native)
    viewer.window.add_dock_widget(dock, area="right")
    viewer.window.activate()
    field.native.setFocus()
    qtbot.waitUntil(field.native.hasFocus)
    field.native.selectAll()
    qtbot.keyClicks(field.native, "7")
    qtbot.keyClick(field.native, Qt.Key.Key_Escape)
    assert not field.native.hasFocus()
    assert (field.value, field.native.text(), entered) == (40, "40.0", [])
    field.native.setFocus()
    field.native.selectAll()
    qtbot.keyClicks(field.native, "7")
    qtbot.keyClick(field.native, Qt.Key.Key_Return)
    assert (field.value, entered) == (7, [7])


def test_tab_passes_over_what_scrolls_a_page(qtbot):
    area = scrolling(QWidget())
    qtbot.addWidget(area)
    assert area.focusPolicy() == Qt.FocusPolicy.NoFocus
