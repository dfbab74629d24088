"""The image at full size: large enough, all of it, and closed by Escape."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QImage
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

from napari_medscan.widgets.image.contact_sheet import make_sheet
from napari_medscan.widgets.image.full_size import FullSizeWindow

from ...assistant.serving import image


@pytest.fixture
def opened(qtbot):
    """Return what opens the window on an image of a size, and when all of it was seen."""
    parent = QWidget()
    qtbot.addWidget(parent)
    window, seen = FullSizeWindow(parent), []
    window.view.seen.connect(lambda _, scale: seen.append(scale >= 1))

    def show(size):
        window.open_sheet(make_sheet([image(size=size)]))
        qtbot.waitExposed(window)
        return window, seen

    yield show
    window.withdraw()


def test_each_pixel_of_the_jpeg_is_one_of_the_screen(opened, qtbot):
    window, seen = opened(600)
    qtbot.waitUntil(lambda: seen == [True], timeout=60_000)
    bars = (window.area.horizontalScrollBar(), window.area.verticalScrollBar())
    assert not any(bar.isVisible() for bar in bars)
    place = window.view.place()
    assert (place.width(), place.height()) == (600, 600)
    painted = window.view.grab(QRect(place.toRect())).toImage()
    (picture,) = window.view.sheet.decoded
    assert painted.convertToFormat(QImage.Format.Format_RGB32) == (
        picture.convertToFormat(QImage.Format.Format_RGB32)
    )


def test_an_image_larger_than_the_screen_is_seen_when_it_was_scrolled_through(opened, qtbot):
    window, seen = opened(1568)
    across, down = window.area.horizontalScrollBar(), window.area.verticalScrollBar()
    assert window.view.place().width() == 1568
    for x, y in ((0, 0), (0, 1568), (1568, 1568)):
        across.setValue(x)
        down.setValue(y)
        QTest.qWait(100)
        assert seen == []
    down.setValue(0)
    qtbot.waitUntil(lambda: seen == [True], timeout=60_000)


def test_a_small_image_is_larger_in_a_larger_window(opened, qtbot):
    window, _ = opened(48)
    window.resize(700, 700)
    qtbot.waitUntil(lambda: window.view.place().width() > 600, timeout=60_000)


def test_escape_closes_it_and_arrows_scroll(opened):
    window, _ = opened(1568)
    down = window.area.verticalScrollBar()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Down)
    assert down.value() > 0
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not window.isVisible()
