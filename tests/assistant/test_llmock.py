"""A server that was not written here takes the image, answers, and judges the client."""

from __future__ import annotations

import time

import pytest

from napari_medscan.assistant import errors
from napari_medscan.assistant.hosts import parse
from napari_medscan.assistant.requests import Turn

from .llmock_server import judging
from .serving import CHAT, MESSAGES, question

PROTOCOLS = {"v1": CHAT, "anthropic/v1": MESSAGES}


@pytest.fixture(scope="module")
def server():
    with judging() as judge:
        yield judge


@pytest.fixture
def judge(server, network_allowed):  # noqa: ARG001 - asked for, not used
    server.get("/_llmock/reset", {})
    return server


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("path", PROTOCOLS)
def test_it_takes_the_image_and_answers(path, stream, judge, asking):
    asked = question(f"{judge.url}/{path}", PROTOCOLS[path], stream=stream, prompt="A chest?")
    outcome = asking.ask(asked)
    assert outcome.error is None
    assert "A chest?" in outcome.text
    assert (len(asking.pieces) > 1) is stream
    judge.check(1)


@pytest.mark.parametrize("path", PROTOCOLS)
def test_a_question_that_follows_is_a_dialogue(path, judge, asking):
    turns = (Turn("What is in view?", "A chest."),)
    asked = question(f"{judge.url}/{path}", PROTOCOLS[path], history=turns, prompt="And now?")
    assert asking.ask(asked).error is None
    judge.check(1)


@pytest.mark.parametrize("path", PROTOCOLS)
def test_its_models_are_listed(path, judge, asking):
    assert asking.models(PROTOCOLS[path], parse(f"{judge.url}/{path}")).models


FAULTS = {
    401: "key refused",
    404: "model refused",
    413: "too large",
    429: "rate-limited",
    500: "provider down",
    529: "provider down",
}


@pytest.mark.parametrize("status", FAULTS)
@pytest.mark.parametrize("path", PROTOCOLS)
def test_its_errors_are_understood(path, status, judge, asking):
    judge.break_next(type="fail", status=status, retry_after=20 if status == 429 else None)
    error = asking.ask(question(f"{judge.url}/{path}", PROTOCOLS[path])).error
    assert error.outcome == FAULTS[status]
    assert error.detail
    if status == 429:
        assert error.again_at == pytest.approx(time.time() + 20, abs=5)


@pytest.mark.parametrize("kind", ["disconnect", "truncate", "malformed"])
@pytest.mark.parametrize("path", PROTOCOLS)
def test_its_broken_streams_are_not_taken_for_answers(path, kind, judge, asking):
    judge.break_next(type="stream_fault", kind=kind, after_chunks=3)
    error = asking.ask(question(f"{judge.url}/{path}", PROTOCOLS[path])).error
    assert isinstance(error, errors.IncompleteError | errors.AnswerError)
    findings = judge.get("/_llmock/verdict")["findings"]
    # It counts on a second try as proof that the first was not believed; an image is not sent
    # twice unasked.
    assert {finding["code"] for finding in findings} <= {
        "gave_up",
        "truncated_stream_accepted",
        "malformed_chunk_ignored",
    }
