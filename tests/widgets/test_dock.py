"""A dock is released once, however it goes."""

from __future__ import annotations

import gc

import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from napari_medscan.widgets.dock import WIDTH, Docked, _release_all, scrolling


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


def placed(window, released):
    """Put a dock into a window, that notes which of its two parts was released."""
    dock = Docked()
    dock.on_release(lambda: released.append("first"), lambda: released.append("second"))
    window.centralWidget().layout().addWidget(dock)
    dock.show()
    return dock


GOES = {
    "asked": lambda dock: dock.release(),
    "taken out": lambda dock: dock.setParent(None),
    "its window closed": lambda dock: dock.window().close(),
    "deleted": lambda dock: dock.deleteLater(),
    "the process ends": lambda _: _release_all(),
}


@pytest.mark.parametrize("how", GOES)
def test_it_is_released_once_the_last_part_first(how, window, released):
    dock = placed(window, released)
    GOES[how](dock)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert released == ["second", "first"]
    if how != "deleted":
        dock.release()
        dock.deleteLater()
    assert released == ["second", "first"]


def test_a_window_of_its_own_is_released_when_it_is_closed(qtbot, released):
    dock = Docked()
    qtbot.addWidget(dock)
    dock.on_release(lambda: released.append(True))
    dock.show()
    dock.close()
    assert released == [True]


def test_hiding_it_in_its_window_releases_nothing(window, released):
    dock = placed(window, released)
    dock.hide()
    gc.collect()
    assert released == []
    dock.release()


def test_what_qt_has_deleted_before_harms_nothing(window, released):
    def gone():
        raise RuntimeError("wrapped C/C++ object has been deleted")

    dock = placed(window, released)
    dock.on_release(gone)
    dock.release()
    assert released == ["second", "first"]


def test_it_asks_for_its_width_and_what_is_in_it_scrolls_downwards_alone(qtbot):
    dock, part = Docked(), QWidget()
    area = scrolling(part)
    qtbot.addWidget(dock)
    qtbot.addWidget(area)
    assert dock.sizeHint().width() == WIDTH
    assert area.widget() is part
    assert area.horizontalScrollBarPolicy().name == "ScrollBarAlwaysOff"
