"""What goes wrong between Send and the answer, as the dock tells it; the next send works."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from napari_medscan.assistant.consent import missing
from napari_medscan.assistant.conversation import State
from napari_medscan.assistant.transport import Limits

from ...assistant.serving import PATIENCE, WHOLE, Server, endless, head, piece, says, waiting
from ...assistant.test_transport import certificate, serving
from .conftest import User

PATIENT = Limits(PATIENCE, PATIENCE, PATIENCE, PATIENCE, answer=20_000)
SHORT = replace(PATIENT, first_byte=1, stall=1)
FAILED, INCOMPLETE = State.FAILED, State.INCOMPLETE
TITLES = {FAILED: "Failed", INCOMPLETE: "Incomplete answer"}


def refusal(status, **headers):
    said = b'{"error":{"message":"<b>no"}}'
    return says(head(status, "application/json", **headers), said)


FAULTS = {
    "wrong key": (refusal("401 Unauthorized"), FAILED, "rejected the key"),
    "no such model": (refusal("404 Not Found"), FAILED, "does not offer this model"),
    "too large": (refusal("413 Content Too Large"), FAILED, "image is too large"),
    "rate": (refusal("429 Too Many", Retry_After="1"), FAILED, "rate limit reached"),
    "down": (refusal("500 Internal Server Error"), FAILED, "has an error"),
    "busy": (refusal("503 Busy", Retry_After="1"), FAILED, "is overloaded"),
    "redirect": (
        says(head("307 There", location="http://127.0.0.1:1/")),
        FAILED,
        "redirects to another address",
    ),
    "silent": (waiting(), FAILED, "did not answer within 1 seconds"),
    "slow first byte": (waiting(head()), FAILED, "No data received for 1 seconds"),
    "stalled": (waiting(head(), piece("A ch")), INCOMPLETE, "No data received for 1 seconds"),
    "cut": (says(head(), piece("A ch")), INCOMPLETE, "is incomplete"),
    "broken off": (
        says(head(Transfer_Encoding="chunked"), b"400\r\n" + piece("A ch")),
        INCOMPLETE,
        "connection was lost",
    ),
    "endless": (endless, INCOMPLETE, "too long"),
    "nonsense": (
        says(head(kind="application/json"), b"[1"),
        FAILED,
        "does not match the selected protocol",
    ),
    "no HTTP": (says(b"SSH-2.0-OpenSSH\r\n"), FAILED, "does not use HTTP"),
}


@pytest.fixture
def hurried(viewer, docked, qtbot):
    """Return who uses a dock that waits as long as it takes."""
    return User(docked(viewer, PATIENT), qtbot)


def in_turn(*answers):
    """Return what answers each request by the next of several."""
    left = list(answers)

    def answer(connection):
        left.pop(0)(connection)

    return answer


def test_each_fault_is_told_and_the_next_send_works(hurried, network_allowed):  # noqa: ARG001
    user = hurried
    whole = says(*WHOLE)
    answers = [answer for fault, *_ in FAULTS.values() for answer in (fault, whole)]
    with Server(in_turn(*answers)) as recorder:
        user.choose(recorder.url)
        for number, (fault, (_, state, said)) in enumerate(FAULTS.items()):
            user.write("What is this?")
            user.preview()
            user.ask.conversation._client._limits = SHORT if "1 seconds" in said else PATIENT
            user.send()
            user.wait(state)
            assert said in user.shown.reason.text(), fault
            # What came is shown, and that it is not whole; never sent again by itself.
            assert bool(user.shown.text.toPlainText()) == (state is INCOMPLETE), fault
            assert user.shown.heading.text() == TITLES[state]
            assert recorder.connections == 2 * number + 1, fault
            # The same image, on another press; after 429 and 503 when the service allows.
            user.until_ready()
            user.ask.conversation._client._limits = PATIENT
            assert user.ask.send.text == "&Send again", fault
            user.send()
            user.wait(State.DONE)
            assert user.shown.text.toPlainText() == "A chest.", fault
            assert user.shown.reason.text() == "", fault


def test_what_the_service_says_is_shown_as_text(hurried, network_allowed):  # noqa: ARG001
    with Server(refusal("401 Unauthorized")) as recorder:
        hurried.choose(recorder.url)
        hurried.answered(FAILED)
    assert hurried.shown.reason.text().endswith("Server message: ‹b>no")


def test_a_bad_certificate_gets_nothing_and_the_dock_recovers(hurried, tmp_path, network_allowed):  # noqa: ARG001
    user = hurried
    with serving(certificate(tmp_path)) as stranger, Server(says(*WHOLE)) as recorder:
        user.choose(stranger.url)
        user.answered(FAILED)
        assert stranger.requests == []
        assert user.shown.heading.text() == "No connection"
        assert "is not valid. Nothing was sent" in user.shown.reason.text()
        user.choose(recorder.url)
        user.answered()
        assert len(recorder.requests) == 1


def test_a_first_byte_that_comes_late_but_in_time_is_waited_for(hurried, network_allowed):  # noqa: ARG001
    def answer(connection):
        time.sleep(0.2)
        says(*WHOLE)(connection)

    with Server(answer) as recorder:
        hurried.choose(recorder.url)
        hurried.preview()
        hurried.send()
        hurried.qtbot.waitUntil(
            lambda: hurried.shown.heading.text().startswith("Sending…"), timeout=60_000
        )
        assert hurried.ask.cancel.visible
        hurried.wait(State.DONE)


def test_after_429_send_waits_as_long_as_the_service_says(user, network_allowed):  # noqa: ARG001
    limited = head("429 Slow", "application/json", Retry_After="2"), b"{}"
    answers = [says(*limited), says(*WHOLE)]
    with Server(in_turn(*answers)) as recorder:
        user.choose(recorder.url)
        user.answered(State.FAILED)
        assert "rate limit reached" in user.shown.reason.text()
        assert not user.ask.send.enabled
        user.until_ready()
        assert user.ask.send.text == "&Send again"
        assert recorder.connections == 1
        user.send()
        user.wait(State.DONE)


def test_waiting_for_one_service_keeps_no_other_from_being_asked(user, network_allowed):  # noqa: ARG001
    limited = says(head("429 Slow", "application/json", Retry_After="86400"), b"{}")
    with Server(limited) as one, Server(says(*WHOLE)) as other:
        user.choose(one.url)
        user.answered(State.FAILED)
        assert not user.ask.send.enabled
        user.choose(other.url)
        user.answered()
        user.write("And now?")
        user.choose(one.url)
        user.prepare()
        user.qtbot.waitUntil(lambda: "asks to wait until" in user.ask.status.text(), timeout=60_000)
        assert not missing(user.question, user.ask._gate)
        assert not user.ask.send.enabled


def test_no_connection_is_a_state_of_its_own(user, network_allowed):  # noqa: ARG001
    user.choose("http://127.0.0.1:9/v1")
    user.answered(State.FAILED)
    assert user.shown.heading.text() == "No connection"
    assert "No server is running" in user.shown.reason.text()
