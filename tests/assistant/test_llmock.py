"""A server that was not written here takes the picture, answers, and judges the client."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from napari_medscan.assistant import errors
from napari_medscan.assistant.hosts import parse
from napari_medscan.assistant.requests import Turn

from .serving import CHAT, MESSAGES, question

PROTOCOLS = {"v1": CHAT, "anthropic/v1": MESSAGES}


class Judge:
    """``llmock serve`` on this computer."""

    def __init__(self, url):
        self.url = url

    def get(self, path, content=None):
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.url}{path}", data)  # noqa: S310
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def break_next(self, **behaviour):
        self.get("/_llmock/scenario", {"behaviors": [behaviour]})


@pytest.fixture(scope="module")
def server():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    code = "from llmock.cli import app; app()"
    options = ["--port", str(port), "--response-style", "echo", "--log-level", "error"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LLMOCK_")}
    process = subprocess.Popen([sys.executable, "-c", code, "serve", *options], env=environment)
    yield process, port
    process.terminate()
    process.wait(10)


@pytest.fixture
def judge(server, network_allowed):  # noqa: ARG001 - asked for, not used
    process, port = server
    judge = Judge(f"http://127.0.0.1:{port}")
    until = time.monotonic() + 20
    while True:
        try:
            judge.get("/_llmock/reset", {})
        except OSError:
            assert process.poll() is None, "llmock ended"
            assert time.monotonic() < until, "llmock does not start"
            time.sleep(0.1)
        else:
            return judge


def clean(judge, calls):
    verdict = judge.get("/_llmock/verdict")
    assert verdict["findings"] == []
    assert (verdict["calls"], verdict["attempts"]) == (calls, calls)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("path", PROTOCOLS)
def test_it_takes_the_picture_and_answers(path, stream, judge, asking):
    asked = question(f"{judge.url}/{path}", PROTOCOLS[path], stream=stream, prompt="A chest?")
    outcome = asking.ask(asked)
    assert outcome.error is None
    assert "A chest?" in outcome.text
    assert (len(asking.pieces) > 1) is stream
    clean(judge, 1)


@pytest.mark.parametrize("path", PROTOCOLS)
def test_a_question_that_follows_is_a_dialogue(path, judge, asking):
    turns = (Turn("What is in view?", "A chest."),)
    asked = question(f"{judge.url}/{path}", PROTOCOLS[path], history=turns, prompt="And now?")
    assert asking.ask(asked).error is None
    clean(judge, 1)


@pytest.mark.parametrize("path", PROTOCOLS)
def test_its_models_are_listed(path, judge, asking):
    assert asking.models(PROTOCOLS[path], parse(f"{judge.url}/{path}")).models


FAULTS = {
    401: errors.KeyRefusedError,
    404: errors.ModelError,
    413: errors.TooLargeError,
    429: errors.RateLimitedError,
    500: errors.ProviderDownError,
    529: errors.ProviderDownError,
}


@pytest.mark.parametrize("status", FAULTS)
@pytest.mark.parametrize("path", PROTOCOLS)
def test_its_errors_are_understood(path, status, judge, asking):
    judge.break_next(type="fail", status=status, retry_after=20 if status == 429 else None)
    error = asking.ask(question(f"{judge.url}/{path}", PROTOCOLS[path])).error
    assert type(error) is FAULTS[status]
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
    # It counts on a second try as proof that the first was not believed; a picture is not sent
    # twice unasked.
    assert {finding["code"] for finding in findings} <= {
        "gave_up",
        "truncated_stream_accepted",
        "malformed_chunk_ignored",
    }
