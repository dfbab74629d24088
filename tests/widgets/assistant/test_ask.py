"""Preview, send, answer; and what withdraws a preview or refuses a send."""

from __future__ import annotations

import base64
import json
import threading
import time

import pytest
from qtpy.QtCore import QBuffer, QIODevice, QRectF, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_medscan.assistant import network
from napari_medscan.assistant.consent import consent_to
from napari_medscan.assistant.conversation import MIN_INTERVAL, State
from napari_medscan.assistant.errors import ConsentError
from napari_medscan.assistant.providers import retention_at
from napari_medscan.dicom import MedscanError
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.napari_.slab import set_slab
from napari_medscan.privacy.jpeg import check
from napari_medscan.render import prepare

from ...assistant.serving import PATIENCE, WHOLE, Server, head, in_two, piece, says
from ...assistant.test_llmock import PROTOCOLS, judge, server  # noqa: F401 - fixtures
from .conftest import CHAT, MESSAGES
from .test_prepare import CHANGES


def sent_jpeg(body):
    """Return the image in a request's body, of both protocols."""
    (picture,) = (
        part for part in body["messages"][-1]["content"] if part["type"] in ("image", "image_url")
    )
    if picture["type"] == "image":
        return base64.b64decode(picture["source"]["data"])
    return base64.b64decode(picture["image_url"]["url"].partition(",")[2])


def body(request):
    return json.loads(request.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("path", PROTOCOLS)
def test_what_was_previewed_is_sent_and_the_answer_shown(path, judge, user):  # noqa: F811
    user.choose(f"{judge.url}/{path}", PROTOCOLS[path])
    user.ask.prompt.text.value = "A chest?"
    previewed = user.answered()
    (request,) = judge.get("/_llmock/requests")["requests"]
    assert sent_jpeg(request["body"]) == previewed
    check(previewed)
    assert "A chest?" in user.shown.text.toPlainText()
    assert user.shown.heading.text() == "Answer"
    assert user.shown.about.text().startswith("Slice ")
    judge.check(1)


def test_the_preview_shows_those_bytes_and_all_that_goes_with_them(user):
    user.choose("http://127.0.0.1:9/v1")
    previewed = user.preview()
    asked, details = user.question, user.ask.details
    shown = QBuffer()
    shown.open(QIODevice.OpenModeFlag.WriteOnly)
    (picture,) = user.review.view.sheet.decoded
    picture.save(shown, "PNG")
    assert asked.images[0].data == previewed
    assert (picture.width(), picture.height()) == (32, 32)
    facts = details.facts.toPlainText()
    for fact in ("127.0.0.1:9", "a-model", asked.sha256, "no DICOM metadata"):
        assert fact in facts
    assert "de-identified" not in facts
    assert details.words.toPlainText() == asked.text
    assert details.retention.text() == retention_at(asked.endpoint, asked.provider)
    assert user.ask.status.text().startswith("To 127.0.0.1:9: exactly")


WORDS = {
    "modality": lambda dock: dock.ask.prompt.modality.native.click(),
    "words": lambda dock: setattr(dock.ask.prompt.text, "value", "Another?"),
    "language": lambda dock: setattr(dock.ask.prompt.language, "value", "Deutsch"),
    "model": lambda dock: setattr(dock.service.model_name, "value", "another"),
    "address": lambda dock: setattr(dock.service.address, "value", "http://127.0.0.1:10/v1"),
    "proxy": lambda dock: dock.service.proxy.native.click(),
    "service": lambda dock: dock.service.choose(MESSAGES, "http://127.0.0.1:9/v1", "a-model"),
}
IMAGE = {
    "quality": lambda dock: setattr(dock.ask.images.quality, "value", 80),
    "size": lambda dock: setattr(dock.ask.images.longest, "value", 192),
    "blended": lambda dock: dock.ask.images.blended.native.click(),
}


def test_other_words_are_another_question_about_the_same_image(user):
    user.choose("http://127.0.0.1:9/v1")
    previewed = user.preview()
    for name, change in WORDS.items():
        before = user.question
        change(user.dock)
        assert user.question.digest != before.digest, name
        assert user.ask.details.words.toPlainText() == user.question.text, name
        assert user.image == previewed, name
        with pytest.raises(ConsentError):
            consent_to(before, user.ask._gate).spend(user.question)


def test_any_change_of_the_image_withdraws_it(user, viewer):
    stack = stack_of(viewer.layers[0])
    # The others, and that each is heard of, are tried without a window: test_prepare.py.
    shown = {name: CHANGES[name] for name in ("window", "opacity", "turned over", "closed")}
    for name, change in {**IMAGE, **shown}.items():
        viewer.layers.clear()
        viewer.dims.ndisplay, viewer.dims.order = 2, (0, 1, 2)
        viewer.add_layer(image_layer(stack))
        user.choose("http://127.0.0.1:9/v1")
        user.preview()
        asked = user.question
        change(viewer if name in shown else user.dock)
        user.until(lambda asked=asked: user.question is not asked)
        user.ask._work.cancel()
        if name in shown:
            assert user.question is None, name
            assert user.image == b"", name
            assert not user.ask.send.enabled, name


def test_a_thicker_slab_withdraws_the_preview(user, viewer):
    user.choose("http://127.0.0.1:9/v1")
    set_slab(viewer, viewer.layers, "max", 20)
    user.preview()
    set_slab(viewer, viewer.layers, "max", 40)
    user.until(lambda: not user.ask.send.enabled)


def test_masks_are_those_of_their_series_and_cut(user, viewer, chest):
    user.choose("http://127.0.0.1:9/v1")
    user.preview()
    pane = user.review
    pane.draw_mask.native.click()
    pane.view.drawn.emit(QRectF(0, 0, 0.5, 0.5))
    user.until(lambda: user.image)
    viewer.dims.set_current_step(0, 1)
    user.preview()
    assert len(pane.masks) == 1, "text stays where it is from slice to slice"
    viewer.dims.order = (1, 0, 2)
    user.preview()
    assert pane.masks == ()
    pane.view.drawn.emit(QRectF(0, 0, 0.5, 0.5))
    user.until_ready()
    pane.draw_crop.native.click()
    pane.view.drawn.emit(QRectF(0, 0, 0.8, 0.8))
    user.until_ready()
    viewer.open(str(chest), plugin=PLUGIN)
    viewer.layers.selection.active = viewer.layers[-1]
    user.preview()
    assert (pane.masks, pane.crop) == ((), None)
    assert not pane.remove_parts.enabled


def test_moving_to_another_slice_disables_send_by_itself(user, viewer):
    user.choose("http://127.0.0.1:9/v1")
    user.preview()
    viewer.dims.set_current_step(0, 1)
    user.until(lambda: not user.ask.send.enabled)
    assert "The view changed" in user.ask.status.text()
    assert user.image == b""


def test_zooming_keeps_the_preview(user, viewer):
    user.choose("http://127.0.0.1:9/v1")
    user.preview()
    viewer.scene.camera.zoom = 3
    QTest.qWait(100)
    assert user.ask.send.enabled


def test_send_before_the_preview_or_after_another_slice_is_refused(user, viewer, network_allowed):  # noqa: ARG001
    with Server(says(*WHOLE)) as recorder:
        user.choose(recorder.url)
        user.ask.send.native.click()
        user.ask.send_previewed()
        assert "Review the preview" in user.ask.status.text()
        user.preview()
        viewer.dims.set_current_step(0, 1)
        # Before the event loop comes round the button is still on.
        user.send()
        assert "The view changed" in user.ask.status.text()
        QTest.qWait(50)
        assert recorder.connections == 0
    assert user.state is State.IDLE


def test_send_is_off_until_the_image_was_painted(user):
    user.choose("http://127.0.0.1:9/v1")
    user.dock.tabs.setCurrentIndex(1)
    user.prepare()
    user.until(lambda: user.question is not None)
    QTest.qWait(100)
    assert not user.ask.send.enabled
    user.dock.tabs.setCurrentIndex(0)
    user.until_ready()
    user.dock.tabs.setCurrentIndex(1)
    # Another image, which nobody has seen.
    user.ask.images.quality.value = 80
    user.until(lambda: user.question is not None)
    user.ask.send_previewed()
    assert user.state is State.IDLE
    assert "Scroll until the whole image is visible" in user.ask.status.text()


WRONG = {
    "http://192.0.2.1/v1": "unencrypted",
    "https://off.example/v1": "is not an allowed host",
    "https://user@off.example/v1": "user name",
    "": "Not a valid",
}


def test_a_wrong_address_is_refused_without_a_connection(user, monkeypatch):
    monkeypatch.setenv("MEDSCAN_ALLOWED_HOSTS", "example.org")
    attempts = []
    with network.observing(attempts.append):
        for url, said in WRONG.items():
            user.choose(url)
            assert said in user.prepare()
            user.ask.send_previewed()
            assert not user.ask.send.enabled
            user.dock.service.ask_for_models()
        QTest.qWait(50)
    assert attempts == []
    assert user.state is State.IDLE


def test_a_list_of_hosts_that_comes_after_the_preview_counts(user, monkeypatch):
    user.choose("http://127.0.0.1:9/v1")
    user.preview()
    monkeypatch.setenv("MEDSCAN_ALLOWED_HOSTS", "example.org")
    user.ask.send_previewed()
    assert "is not an allowed host" in user.ask.status.text()
    assert user.state is State.IDLE


def test_without_a_model_it_says_what_is_missing(user):
    user.choose("http://127.0.0.1:9/v1", model="")
    assert "No model selected" in user.prepare()
    # The image can be looked at and saved all the same.
    assert user.image
    assert user.ask.save_image.enabled
    assert not user.ask.send.enabled


def test_send_is_no_default_and_takes_no_focus(user):
    send = user.ask.send.native
    assert send.focusPolicy() == Qt.FocusPolicy.NoFocus
    assert not send.isDefault()
    assert not send.autoDefault()


def test_cancel_before_the_first_byte_is_at_once(user, network_allowed):  # noqa: ARG001
    with Server(lambda _: recorder.is_over.wait()) as recorder:
        user.choose(recorder.url)
        user.preview()
        user.send()
        user.until(recorder.has_request.is_set)
        assert user.shown.heading.text().startswith("Sending…")
        # The thread's own time: on a busy computer others may run meanwhile.
        began = time.thread_time()
        user.ask.cancel.native.click()
        # When the click returns all is idle: no event loop, server or thread is waited for.
        took = time.thread_time() - began
        assert user.state is State.CANCELED
        assert user.shown.heading.text() == "Canceled"
        assert not user.ask.cancel.visible
        assert user.ask.send.text == "&Send again"
        assert user.ask.send.enabled
    assert took < 0.1
    user.ask._viewer.dims.set_current_step(0, 1)
    user.preview()
    assert user.ask.send.text == "&Send", "it is another image"


def test_what_waited_in_the_queue_when_cancel_was_pressed_is_not_shown(
    user,
    monkeypatch,
    network_allowed,  # noqa: ARG001
):
    goes_on, told = threading.Event(), []
    tell = user.ask.conversation._listener

    def told_first(exchange):
        told.append(exchange)
        tell(exchange)

    def answer(connection):
        connection.sendall(head() + piece("A"))
        goes_on.wait(PATIENCE)
        connection.sendall(piece("B"))
        recorder.is_over.wait()

    with Server(answer) as recorder:
        user.choose(recorder.url)
        user.answered(State.STREAMING)
        monkeypatch.setattr(user.ask.conversation, "_listener", told_first)
        time.sleep(MIN_INTERVAL)
        goes_on.set()
        # The GUI is busy meanwhile.
        while not told:
            time.sleep(0.01)
        user.ask.cancel.native.click()
        QTest.qWait(100)
    assert [exchange.state for exchange in told] == [State.STREAMING, State.CANCELED]
    assert user.shown.heading.text() == "Canceled"
    assert not user.ask.cancel.visible
    assert user.shown.text.toPlainText() == "AB"


def test_a_stream_is_shown_as_it_comes_and_what_came_is_kept(user, network_allowed):  # noqa: ARG001
    def answer(connection):
        connection.sendall(head() + piece("A chest"))
        recorder.is_over.wait()

    with Server(answer) as recorder:
        user.choose(recorder.url)
        user.answered(State.STREAMING)
        assert user.shown.text.toPlainText() == "A chest"
        assert not user.ask.send.enabled
        user.ask.cancel.native.click()
        user.wait(State.CANCELED)
    assert user.shown.text.toPlainText() == "A chest"


def test_a_hostile_answer_is_shown_as_it_is(user, network_allowed):  # noqa: ARG001
    hostile = "<img src=file:///dev/zero> <b>x</b> ![a](https://example.org/a.png)"
    with Server(says(head(), piece(hostile), piece("", '"stop"'), b"data: [DONE]\n\n")) as recorder:
        user.choose(recorder.url)
        user.answered()
    assert user.shown.text.toPlainText() == hostile
    assert user.dock.history.answer.text.toPlainText() == hostile


def test_an_answer_is_written_as_marked_while_it_comes_and_kept_as_it_is(
    user,
    tmp_path,
    saving_to,
    network_allowed,  # noqa: ARG001
):
    ends = threading.Event()
    with Server(in_two(ends, head() + piece("**A chest**"), piece("", '"stop"'))) as recorder:
        user.choose(recorder.url)
        user.answered(State.STREAMING)
        assert user.shown.text.toPlainText() == "A chest"
        ends.set()
        user.wait(State.DONE)
    assert user.shown.text.toPlainText() == "A chest"
    saving_to(tmp_path / "note.md")
    user.shown.save.native.click()
    assert "**A chest**" in (tmp_path / "note.md").read_text(encoding="utf-8")


def test_a_follow_up_is_one_press_more_and_shows_that_all_is_sent_again(user, network_allowed):  # noqa: ARG001
    with Server(says(*WHOLE)) as recorder:
        user.choose(recorder.url)
        first = user.answered()
        assert not user.ask.send.enabled
        assert user.ask.prompt.text.value == ""
        assert user.shown.question.toPlainText() == user.shown.exchange.prompt
        user.write("And the heart?")
        assert user.image == first
        assert "sent again" in user.ask.details.facts.toPlainText()
        assert "A chest." in user.ask.details.words.toPlainText()
        user.send()
        user.wait(State.DONE)
        assert len(body(recorder.requests[1])["messages"]) == 3
        user.write("And now?")
        user.ask._body.anew.native.click()
        assert user.question.history == ()
        assert user.ask.send.enabled
    assert user.dock.history.list.count() == 2


def test_a_mask_and_a_crop_are_in_the_bytes_that_are_sent(user, network_allowed):  # noqa: ARG001
    with Server(says(*WHOLE)) as recorder:
        user.choose(recorder.url)
        plain = user.preview()
        pane = user.review
        pane.draw_mask.native.click()
        pane.view.drawn.emit(QRectF(0.0, 0.0, 1.0, 0.5))
        user.until(lambda: user.image not in (b"", plain))
        user.until_ready()
        (image,) = pane.view.sheet.decoded
        assert image.pixelColor(16, 4).lightness() < 8
        assert "1 box masked" in user.ask.details.facts.toPlainText()
        pane.draw_crop.native.click()
        pane.view.drawn.emit(QRectF(0.0, 0.25, 1.0, 0.75))
        user.until(lambda: bool(user.image))
        user.until_ready()
        assert check(user.image) == (24, 32)
        previewed = user.image
        assert previewed != plain
        user.send()
        user.wait(State.DONE)
        assert sent_jpeg(body(recorder.requests[0])) == previewed
        pane.clear_parts()
        user.until(lambda: user.image == plain)


def test_the_mouse_draws_a_box(user):
    user.choose("http://127.0.0.1:9/v1")
    user.preview()
    pane = user.review
    pane.draw_mask.native.click()
    place = pane.view.place()
    QTest.mousePress(pane.view, Qt.MouseButton.LeftButton, pos=place.topLeft().toPoint())
    QTest.mouseMove(pane.view, place.center().toPoint())
    QTest.mouseRelease(pane.view, Qt.MouseButton.LeftButton, pos=place.center().toPoint())
    ((top, left, bottom, right),) = pane.masks
    assert (top, left, bottom, right) == pytest.approx((0, 0, 0.5, 0.5), abs=0.02)
    user.until_ready()


def test_an_answer_is_saved_as_a_note_and_copied(user, tmp_path, saving_to, told, network_allowed):  # noqa: ARG001
    with Server(says(*WHOLE)) as recorder:
        user.choose(recorder.url)
        user.answered()
    saving_to(tmp_path / "note")
    user.shown.save.native.click()
    note = (tmp_path / "note.md").read_text(encoding="utf-8")
    assert "Not for diagnosis" in note
    assert "A chest." in note
    saving_to(tmp_path / "nowhere" / "note")
    user.shown.save.native.click()
    assert [record.message for record in told] == ["Note saved.", "Could not save the note."]
    user.shown.copy.native.click()
    assert QApplication.clipboard().text() == "A chest."


def test_what_is_saved_is_what_was_shown_when_save_was_pressed(
    user,
    viewer,
    tmp_path,
    saving_to,
    network_allowed,  # noqa: ARG001
):
    with Server(says(*WHOLE)) as recorder:
        user.choose(recorder.url)
        user.answered()
        about = user.shown.exchange.sha256

        def ask_on():
            viewer.dims.set_current_step(0, 0)
            user.answered()

        saving_to(tmp_path / "note.md", ask_on)
        user.shown.save.native.click()
        assert user.shown.exchange.sha256 != about
    assert about in (tmp_path / "note.md").read_text(encoding="utf-8")


STRUCTURED = json.dumps({"plane": "axial", "observations": [{"location": "lung", "sure": 1}]})


def test_a_structured_answer_is_a_table(user, network_allowed):  # noqa: ARG001
    said = json.dumps({"choices": [{"delta": {"content": STRUCTURED}, "finish_reason": "stop"}]})
    with Server(says(head(), f"data: {said}\n\n".encode())) as recorder:
        user.choose(recorder.url)
        user.answered()
    table = user.shown.fields
    cells = [[table.item(row, column).text() for column in (0, 1)] for row in range(3)]
    assert cells == [
        ["plane", "axial"],
        ["observations 1 · location", "lung"],
        ["observations 1 · sure", "1"],
    ]
    assert user.shown.text.isHidden()


def test_an_answer_leaves_the_preview_of_another_slice(user, viewer, network_allowed):  # noqa: ARG001
    ends = threading.Event()
    with Server(in_two(ends, head() + piece("A"), piece("", '"stop"'))) as recorder:
        user.choose(recorder.url)
        user.answered(State.STREAMING)
        viewer.dims.set_current_step(0, 1)
        user.prepare()
        user.until(lambda: user.review.images)
        previewed = user.image
        ends.set()
        user.wait(State.DONE)
        assert user.image == previewed
        assert user.ask.send.enabled


def test_a_failure_in_the_making_is_told_without_its_text(user, monkeypatch, failures):
    def fail(*_, **_options):
        raise ValueError("Canary^Alice")

    user.choose("http://127.0.0.1:9/v1")
    with monkeypatch.context() as patch:
        patch.setattr(prepare, "paint", fail)
        assert user.prepare().startswith("The image could not be rendered.")
        assert not user.ask.send.enabled
    assert failures
    assert "Canary" not in "".join(failures)
    failures.clear()
    user.preview()


@pytest.mark.parametrize("error", [FileNotFoundError(2, "gone", "/Canary"), MedscanError("odd")])
def test_no_error_of_the_making_names_a_file(error, user, monkeypatch):
    def fail(*_, **_options):
        raise error

    monkeypatch.setattr(prepare, "paint", fail)
    assert user.prepare().startswith("The image could not be rendered.")


def test_a_test_of_the_connection_gives_way_to_a_send(user, network_allowed):  # noqa: ARG001
    def answer(connection):
        if b"GET" in recorder.requests[-1]:
            recorder.is_over.wait()
        else:
            says(*WHOLE)(connection)

    with Server(answer) as recorder:
        user.choose(recorder.url)
        user.preview()
        service = user.dock.service
        service.list_models.native.click()
        user.until(recorder.has_request.is_set)
        user.send()
        assert (service.list_models.text, service.result.text()) == ("List models", "Canceled.")
        user.wait(State.DONE)
    assert user.shown.text.toPlainText() == "A chest."


def test_services_are_the_two_protocols():
    assert {CHAT.protocol, MESSAGES.protocol} == {p.protocol for p in PROTOCOLS.values()}
