"""Several images beside each other: placed, decoded as they come into view, and seen one by one."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QRectF, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QPushButton, QWidget

from napari_medscan.privacy.gate import Gate
from napari_medscan.privacy.jpeg import encode
from napari_medscan.privacy.sealed_image import Facts, SealedImage
from napari_medscan.privacy.signals import Signals
from napari_medscan.privacy.text_check import Box, Outline, TextCheck
from napari_medscan.widgets.image.contact_sheet import READABLE, Sheet, make_sheet
from napari_medscan.widgets.image.review import ImageReview

PLAIN = Facts()
TEXT = Facts(text=TextCheck((Outline(Box(4, 4, 8, 40), is_sure=True),)))
HEADER = Facts(Signals(("Burned In Annotation is YES",)))
SIZES = (16, 64, 400)


def images(count, size=16, facts=PLAIN):
    first = 0 if facts is PLAIN else 200
    shades = [np.full((size, size, 3), first + number, np.uint8) for number in range(count)]
    return [SealedImage(encode(shade), facts) for shade in shades]


@pytest.mark.usefixtures("qapp")
def test_images_with_suspected_text_come_first_and_others_keep_their_order():
    plain, header, text = images(3), images(2, facts=HEADER), images(2, facts=TEXT)
    sheet = make_sheet([*plain[:2], *header, *text, *plain[2:]])
    assert sheet.images == (*text, *header, *plain)
    assert [p.size() for p in sheet.decoded] == [sheet.decoded[0].size()] * 7
    assert sheet.without(text).images == (*header, *plain)
    assert sheet.without(sheet.images).images == ()


@pytest.mark.parametrize("size", SIZES)
def test_images_lie_apart_and_within_what_they_are_fitted_into(size):
    every = images(85, size=size)
    pictures = (None,) * 85
    for count in (1, 2, 3, 7, 24, 60, 85):
        sheet = Sheet(tuple(every[:count]), pictures[:count])
        for width, height in ((302, 240), (1100, 800), (300, 2000)):
            places = sheet.places(sheet.fitting(width, height), width, height)
            inside = QRectF(0, 0, width, height)
            assert all(inside.contains(place) for place in places)
            assert not any(a.intersects(b) for a in places for b in places if a is not b)
            # At a size at which text can be read they may need more height, never more width.
            readable = sheet.readable
            places = sheet.places(readable, width, height, below=20)
            assert readable >= READABLE
            assert max(p.right() for p in places) <= max(width, size * readable + 4)
            below = [place.adjusted(0, 0, 0, 20) for place in places]
            assert not any(a.intersects(b) for a in below for b in below if a is not b)


@pytest.fixture
def review(qtbot):
    """Return a review in a window, and a gate of its own."""
    window, review = QWidget(), ImageReview(Gate(), 240, can_leave_out=True)
    qtbot.addWidget(window)
    review.native.setParent(window)
    review.native.resize(302, 500)
    window.show()
    yield review
    review.release()


def seen(review):
    return [review._gate.is_seen(image) for image in review.images]


def scroll_through(review, qtbot):
    """Look at all of the window, from the top to the bottom."""
    bar = review.full_size.area.verticalScrollBar()

    def go_on():
        bar.setValue(bar.value() + bar.pageStep() // 2 if bar.value() < bar.maximum() else 0)
        return all(seen(review))

    qtbot.waitUntil(go_on, timeout=60_000)


def test_images_are_decoded_and_seen_as_they_come_into_view(review, qtbot):
    review.show_sheet(make_sheet(images(85, size=400)))
    QTest.qWait(50)
    assert not any(seen(review)), "in the dock they are too small to be looked at"
    review.look()
    view = review.full_size.view
    qtbot.waitUntil(lambda: any(seen(review)), timeout=60_000)
    assert view.place().width() == 400 * READABLE
    assert not all(seen(review))
    assert 0 < len(view._decoded) < 60
    assert "Scroll to view the others" in review.full_size.note.text()
    scroll_through(review, qtbot)
    assert review.full_size.note.text() == "85 of 85 images viewed."


def test_fewer_are_kept_decoded_than_a_series_has(review, qtbot, monkeypatch):
    monkeypatch.setattr("napari_medscan.widgets.image.image_view._MOST_BYTES", 6 * 4 * 400**2)
    review.show_sheet(make_sheet(images(20, size=400)))
    review.look()
    scroll_through(review, qtbot)
    assert len(review.full_size.view._decoded) <= 6


@pytest.mark.parametrize("facts", [TEXT, HEADER])
def test_suspected_text_is_looked_at_in_full_size_by_a_click(review, qtbot, facts):
    flagged = images(2, size=400, facts=facts)
    review.show_sheet(make_sheet([*images(20, size=400), *flagged]))
    review.look()
    window, gate = review.full_size, review._gate
    scroll_through(review, qtbot)
    assert "2 may contain text: click to view at full size" in window.note.text()
    assert window.confirm.visible
    assert not window.confirm.enabled
    for number in (0, 1):
        window.area.verticalScrollBar().setValue(0)
        QTest.qWait(20)
        place = window.view.place(number).center().toPoint()
        QTest.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=place)
        qtbot.waitUntil(lambda n=number: gate.is_seen(flagged[n], full_size=True), timeout=60_000)
        assert window.view.place(number).width() == 400
        assert window.enlarge.value
        # And back to all of them.
        place = window.view.place(number).center().toPoint()
        QTest.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=place)
        assert window.view.place(number).width() == 240
    assert window.note.text() == "22 of 22 images viewed."
    window.confirm.native.click()
    assert all(not gate.missing(image, review.recipient) for image in review.images)
    assert not window.isVisible()


def test_each_image_with_suspected_text_is_left_out_by_one_click(review, qtbot):
    flagged, plain = images(2, size=400, facts=TEXT), images(20, size=400)
    review.show_sheet(make_sheet([*plain, *flagged]))
    out = []
    review.left_out.connect(out.append)
    review.look()
    qtbot.waitUntil(lambda: any(seen(review)), timeout=60_000)
    view = review.full_size.view
    buttons = view.findChildren(QPushButton)
    assert [b.text() for b in buttons] == ["Leave out"] * 2
    # Over no image: what lies under a button was not seen.
    for button in buttons:
        assert not any(p.toRect().intersects(button.geometry()) for p in view._places)
        assert view.place(buttons.index(button)).left() == button.x()
    buttons[1].click()
    assert out == [(flagged[1],)]
    review.show_sheet(review.sheet.without(out[0]))
    assert review.full_size.isVisible()
    assert view.sheet.images == (flagged[0], *plain)


def test_small_images_are_large_enough_at_once(review, qtbot):
    review.show_sheet(make_sheet(images(3, size=100)))
    qtbot.waitUntil(lambda: all(seen(review)), timeout=60_000)
    review.look()
    assert not review.full_size.enlarge.visible
    assert review.full_size.view.place().width() == 240


def test_images_that_are_large_enough_have_to_be_scrolled_to_only(review, qtbot):
    review.show_sheet(make_sheet(images(40, size=100, facts=HEADER)))
    review.look()
    note = review.full_size.note
    qtbot.waitUntil(lambda: "scroll to view at full size" in note.text(), timeout=60_000)
    scroll_through(review, qtbot)
    assert note.text() == "40 of 40 images viewed."


def test_the_window_lies_on_the_screen_wherever_its_owner_is(review, qtbot):
    screen = review.native.screen().availableGeometry()
    review.native.window().move(screen.width() // 3, screen.height() // 2)
    QTest.qWait(50)
    review.show_sheet(make_sheet(images(30, size=400)))
    review.look()
    qtbot.waitExposed(review.full_size)
    assert screen.contains(review.full_size.geometry())


def test_the_window_leaves_the_dock_free_where_there_is_room(review, qtbot):
    host = review.native.window()
    host.move(1000, 40)
    QTest.qWait(50)
    review.show_sheet(make_sheet(images(30, size=400)))
    review.look()
    qtbot.waitExposed(review.full_size)
    left = host.mapToGlobal(QPoint()).x()
    assert left == 1000
    assert review.full_size.frameGeometry().right() <= left
