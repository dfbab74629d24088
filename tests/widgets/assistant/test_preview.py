"""What is found in an image is outlined, and blocks until it is masked or confirmed."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from pydicom import dcmread
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QImage
from qtpy.QtTest import QTest

from napari_medscan.assistant.conversation import State
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.phantoms import write_us_heart
from napari_medscan.privacy import burned_in, text_check
from napari_medscan.privacy.burned_in import Check, Level
from napari_medscan.privacy.text_check import Box, Outline, TextCheck
from napari_medscan.render import prepare
from napari_medscan.widgets.image import image_view
from napari_medscan.widgets.image.contact_sheet import Sheet, make_sheet
from napari_medscan.widgets.image.image_view import ImageView

from ...assistant.serving import image
from ...studies import write_series
from .conftest import User


@pytest.fixture(params=[True, False], ids=["found", "possible"])
def found(request, monkeypatch):
    """Have text found in one place of every image, or something that may be text."""
    outline = Outline(Box(2, 3, 4, 20), is_sure=request.param)
    others = []

    def check(_rgb, same):
        others.append(len(same))
        return TextCheck((outline,), "Text in the image: 1 found")

    monkeypatch.setattr(prepare, "check_text", check)
    return others


@pytest.fixture
def checked(monkeypatch):
    """Look for text in earnest."""
    monkeypatch.setattr(prepare, "check_text", text_check.check_text)


@pytest.fixture
def ultrasound(checked, empty, docked, qtbot, tmp_path):  # noqa: ARG001
    """Return who looks at an ultrasound with a name in it, which no region hides."""
    write_us_heart(tmp_path, frames=6)
    path = tmp_path / "IM000001.dcm"
    data = dcmread(path)
    del data.SequenceOfUltrasoundRegions
    data.save_as(path)
    empty.open(str(tmp_path), plugin=PLUGIN)
    return User(docked(empty), qtbot)


def looked_at(user):
    user.choose("http://127.0.0.1:9/v1")
    user.prepare()
    user.until(lambda: user.review.images and user.ask._gate.is_seen(user.review.images[0]))
    return user.review


def test_what_is_found_blocks_send_until_it_is_masked(found, user):
    pane = looked_at(user)
    assert not user.ask.send.enabled
    assert "Mask the outlined text" in user.ask.status.text()
    assert pane.text_found.text() == "Text in the image: 1 found"
    pane.mask_all.native.click()
    user.until_ready()
    assert not pane["found"].visible
    (picture,) = pane.view.sheet.decoded
    assert max(picture.pixelColor(x, 4).lightness() for x in range(5, 20)) < 8
    # One of six slices is the image itself; a mask renders nothing anew.
    assert found == [5]


def test_or_confirmed_which_is_remembered_for_these_bytes(found, user):  # noqa: ARG001
    pane = looked_at(user)
    assert pane.confirm.text == "Outlined text is not a name"
    pane.confirm.value = True
    assert user.ask.send.enabled
    pane.confirm.value = False
    assert not user.ask.send.enabled
    pane.confirm.value = True
    looked_at(user)
    assert pane.confirm.value
    assert user.ask.send.enabled
    # Pressing Send is still needed, and another host is another question.
    assert user.state is State.IDLE
    user.choose("http://127.0.0.1:10/v1")
    assert not pane.confirm.value
    assert not user.ask.send.enabled


def test_what_is_cropped_away_needs_no_answer(found, user):  # noqa: ARG001
    pane = looked_at(user)
    pane.draw_crop.native.click()
    pane.view.drawn.emit(QRectF(0, 0.5, 1, 0.5))
    user.until_ready()


def test_a_mask_that_covers_a_part_of_it_does_not_do(found, user):  # noqa: ARG001
    pane = looked_at(user)
    pane.draw_mask.native.click()
    pane.view.drawn.emit(QRectF(0, 0, 0.3, 1))
    user.until(lambda: pane.images and len(pane.masks) == 1)
    assert not user.ask.send.enabled


def test_a_suspicious_header_asks_to_look_where_nothing_is_found(
    checked,  # noqa: ARG001
    empty,
    docked,
    qtbot,
    tmp_path,
):
    write_series(tmp_path, Modality="OT", BurnedInAnnotation="YES", BodyPartExamined="HEAD")
    empty.open(str(tmp_path), plugin=PLUGIN)
    user = User(docked(empty), qtbot)
    pane = looked_at(user)
    assert "Burned In Annotation is YES" in pane.warnings.text()
    assert "face may be recognizable: the image shows the head" in pane.warnings.text()
    assert not user.ask.send.enabled
    assert "nothing found" in pane.text_found.text()
    assert pane.confirm.text == "I checked: no name visible"
    assert "confirm that none is visible" in user.ask.status.text()
    pane.confirm.native.click()
    assert user.ask.send.enabled


def test_a_suspicious_header_asks_to_look_when_all_that_was_found_is_masked(ultrasound):
    user, pane = ultrasound, looked_at(ultrasound)
    assert pane.confirm.text == "Outlined text is not a name"
    pane.mask_all.native.click()
    user.until(lambda: pane.images and not pane["found"].visible)
    assert pane.confirm.text == "I checked: no name visible"
    assert not user.ask.send.enabled


def test_a_tick_waits_until_all_was_seen_at_full_size(ultrasound):
    user, pane = ultrasound, looked_at(ultrasound)
    pane.confirm.native.click()
    assert not pane.confirm.value
    assert "at full size first" in pane.too_small.text()
    # Nor does it count where it stands on its own.
    pane.confirm.value = True
    assert not user.ask.send.enabled
    pane.confirm.value = False
    pane.enlarge.native.click()
    user.until(lambda: pane.confirm.enabled)
    assert pane.too_small.isHidden()
    pane.full_size.reject()
    pane.confirm.native.click()
    assert user.ask.send.enabled
    # Another image was not seen yet.
    pane.view.drawn.emit(QRectF(0.4, 0.4, 0.1, 0.1))
    user.until(lambda: pane.images)
    assert not pane.confirm.enabled


def test_where_nothing_is_asked_the_image_in_the_dock_does(empty, docked, qtbot, tmp_path):
    rows, columns = 300, 400
    pixels = np.full((rows, columns), 40, "<u2").tobytes()
    write_series(tmp_path, Rows=rows, Columns=columns, PixelData=pixels)
    empty.open(str(tmp_path), plugin=PLUGIN)
    user = User(docked(empty), qtbot)
    user.choose("http://127.0.0.1:9/v1")
    user.preview()
    pane = user.review
    assert not user.ask._gate.is_seen(pane.images[0], full_size=True)
    assert not pane.confirm.visible
    assert pane.too_small.isHidden()


def test_a_preview_that_is_withdrawn_takes_the_full_size_with_it(user):
    user.choose("http://127.0.0.1:9/v1")
    user.preview()
    pane = user.review
    QTest.mouseClick(pane.view, Qt.MouseButton.LeftButton)
    user.qtbot.waitUntil(pane.full_size.isVisible, timeout=60_000)
    assert pane.full_size.view.sheet is pane.view.sheet
    user.until(lambda: pane.full_size.note.text() == "The whole image has been viewed.")
    user.ask._withdraw("")
    assert not pane.full_size.isVisible()
    assert not pane.enlarge.enabled
    QTest.mouseClick(pane.view, Qt.MouseButton.LeftButton)
    assert not pane.full_size.isVisible()
    user.preview()
    pane.enlarge.native.click()
    user.dock.release()
    assert not pane.full_size.isVisible()


def test_a_cloud_model_on_this_computer_is_warned_of(user):
    user.choose("http://127.0.0.1:9/v1", model="qwen3-vl:235b-cloud")
    user.preview()
    assert "runs in the cloud" in user.ask.details.warnings.text()


@pytest.mark.parametrize("ocr", [True, False])
def test_findings_are_told_with_how_sure_they_are(ocr, monkeypatch):
    boxes = tuple(
        burned_in.Box(1, 2, 3, 4, level) for level in (Level.FOUND, Level.POSSIBLE, Level.POSSIBLE)
    )
    checks = frozenset({Check.NETWORK, *([Check.OCR] if ocr else [])})
    findings = burned_in.Findings(boxes, checks)
    monkeypatch.setattr(text_check, "find_text", lambda *_, **__: findings)
    check = text_check.check_text(np.zeros((8, 8, 3), np.uint8), [])
    way = "with OCR" if ocr else "without OCR"
    assert check.sentence == f"Text in the image: 1 found, 2 possible ({way})"
    assert [outline.is_sure for outline in check.outlines] == [True, False, False]
    assert check.outlines[0].box == Box(1, 2, 3, 4)


def test_the_name_in_an_ultrasound_is_found_when_no_region_hides_it(ultrasound):
    """From the file to the outline, with nothing in between replaced."""
    user, pane = ultrasound, looked_at(ultrasound)
    assert re.search(r"\d found", pane.text_found.text())
    assert not user.ask.send.enabled


@pytest.fixture
def view(qtbot):
    """Return a view, and at what scales images were seen in it."""
    view, scales = ImageView(), []
    qtbot.addWidget(view)
    view.seen.connect(lambda _, scale: scales.append(scale))
    return view, scales


def test_an_image_counts_as_seen_when_all_of_it_was_on_screen(view, qtbot):
    view, scales = view
    view.show_sheet(make_sheet([image()]))
    # Painted for an image of the window, which nobody saw.
    view.grab()
    qtbot.wait(50)
    assert scales == []
    view.show()
    qtbot.waitUntil(lambda: bool(scales), timeout=60_000)
    assert min(scales) >= 1


def test_an_image_that_is_drawn_smaller_is_not_seen_at_full_size(view, qtbot):
    view, scales = view
    view.resize(100, 47)
    view.show_sheet(make_sheet([image(size=48)]))
    view.show()
    qtbot.waitUntil(lambda: scales == [47 / 48], timeout=60_000)
    view.resize(100, 48)
    qtbot.waitUntil(lambda: scales == [47 / 48, 1], timeout=60_000)


def test_bytes_that_qt_cannot_decode_are_never_seen(view, qtbot, monkeypatch):
    view, scales = view
    view.show()
    nothing = SimpleNamespace(fromData=lambda _: QImage())
    monkeypatch.setattr(image_view, "QImage", nothing)
    view.show_sheet(Sheet((image(),), (QImage(),)))
    qtbot.wait(100)
    assert scales == []
