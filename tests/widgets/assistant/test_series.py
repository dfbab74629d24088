"""A whole series: looked at on a contact sheet before it can be sent, and remembered."""

from __future__ import annotations

import json

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QPushButton

from napari_medscan.assistant.conversation import State
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.privacy.text_check import Box, Outline, TextCheck
from napari_medscan.render import prepare
from napari_medscan.widgets.assistant.images import SERIES

from ...assistant.serving import WHOLE, Server, says
from ...studies import write_series
from .conftest import User

SLICES, SIZE = 12, 400
WITH_TEXT = (4, 9)
MODEL = "medgemma1.5:4b"


@pytest.fixture
def series(empty, docked, qtbot, tmp_path, monkeypatch):
    """Return who asks about a CT in which two slices show something like text."""
    shades = [255 * number // SLICES for number in range(SLICES)]

    def check(rgb, _others):
        number = int(np.abs(np.subtract(shades, float(rgb[0, 0, 0]))).argmin())
        box = Outline(Box(20, 20, 20, 100), is_sure=True)
        return TextCheck((box,) if number in WITH_TEXT else ())

    monkeypatch.setattr(prepare, "check_text", check)
    pixels = [np.full((SIZE, SIZE), shade, "<u2") for shade in shades]
    write_series(
        tmp_path / "series",
        SLICES,
        Rows=SIZE,
        Columns=SIZE,
        PixelData=lambda number: pixels[number].tobytes(),
        PixelSpacing=[1, 1],
        RescaleIntercept=0,
    )
    empty.open(str(tmp_path / "series"), plugin=PLUGIN)
    empty.layers[0].contrast_limits = (0, 255)
    return User(docked(empty), qtbot)


def asked_about(user, url):
    user.choose(url, model=MODEL)
    user.ask.images.which.value = SERIES
    user.until(lambda: len(user.review.images) == SLICES)
    return user.review


def look_at_all(user):
    """Open the sheet and scroll it to its end."""
    window, gate = user.review.full_size, user.ask._gate
    user.ask.view_images.native.click()
    user.scroll_until(lambda: all(gate.is_seen(image) for image in user.review.images))
    return window


def test_a_series_is_sent_after_all_of_it_was_looked_at(series, network_allowed):  # noqa: ARG001
    with Server(says(*WHOLE)) as recorder:
        user = series
        review = asked_about(user, recorder.url)
        QTest.qWait(100)
        # What is in the dock is too small to be looked at.
        assert not user.ask.send.visible
        assert user.ask.view_images.visible
        assert f"{SLICES} of {SLICES} left" in user.ask.status.text()
        user.ask.send_previewed()
        assert user.state is State.IDLE
        window = look_at_all(user)
        assert user.ask.send.visible
        assert not user.ask.send.enabled, "two have suspected text"
        assert "Mask the outlined text" in user.ask.status.text()
        first, second = review.images[:2]
        assert first.exposed
        assert second.exposed
        assert not any(image.exposed for image in review.images[2:])
        window.view.findChildren(QPushButton)[0].click()
        assert window.isVisible()
        assert review.images[0] is second
        assert len(user.question.images) == SLICES - 1
        assert user.ask.images.which.value == SERIES
        window.area.verticalScrollBar().setValue(0)
        place = window.view.place(0).center().toPoint()
        QTest.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=place)
        user.until(lambda: window.confirm.enabled)
        window.confirm.native.click()
        user.until_ready()
        sent = [image.data for image in user.question.images]
        user.send()
        user.wait(State.DONE)
        content = json.loads(recorder.requests[0].partition(b"\r\n\r\n")[2])["messages"][0][
            "content"
        ]
        assert len([part for part in content if part["type"] == "image_url"]) == len(sent)
        # In the order of the series, whatever was shown first.
        flagged = [number for number, image in enumerate(user.ask._images) if image.exposed]
        assert flagged == [WITH_TEXT[1] - 1]
        # Prepared anew it is still left out, and nothing is asked twice.
        user.write("And now?")
        user.preview()
        assert [image.data for image in user.question.images] == sent
        assert not user.ask.view_images.visible


def test_a_series_without_any_image_left_says_so(series):
    asked_about(series, "http://127.0.0.1:9/v1")
    series.review.left_out.emit(series.review.images)
    assert "All images are left out" in series.ask.status.text()
    assert series.question is None
    assert not series.ask.send.enabled


def test_leaving_out_what_is_outlined_is_one_click(series):
    asked_about(series, "http://127.0.0.1:9/v1")
    series.review.leave_out.native.click()
    assert len(series.question.images) == SLICES - len(WITH_TEXT)
    look_at_all(series)
    series.until_ready()


def test_a_dock_that_is_opened_again_offers_what_the_remembered_model_takes(series, docked, qtbot):
    series.choose("http://127.0.0.1:9/v1", model=MODEL)
    series.dock.service.remember()
    again = User(docked(series.ask._viewer), qtbot)
    assert again.dock.service.model == MODEL
    assert SERIES in again.ask.images.which.choices
