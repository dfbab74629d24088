"""A client whose audit is a file of the test, and what waits for it."""

from __future__ import annotations

import queue

import pytest

from napari_medscan.assistant import allowed_hosts
from napari_medscan.assistant.audit import Audit
from napari_medscan.assistant.client import Client
from napari_medscan.assistant.keys import Keys
from napari_medscan.assistant.requests import ModelsRequest
from napari_medscan.assistant.transport import Limits

from .serving import PATIENCE, consent


class Asking:
    """Sends, and waits for how it ends."""

    def __init__(self, client):
        self.client = client
        self.pieces = []

    def begin(self, question):
        ended = queue.SimpleQueue()
        sending = self.client.send(
            question,
            consent(question),
            on_text=self.pieces.append,
            on_end=ended.put,
        )
        return sending, ended

    def ask(self, question):
        sending, ended = self.begin(question)
        outcome = ended.get(timeout=PATIENCE)
        assert sending.ended.wait(PATIENCE)
        return outcome

    def models(self, provider, endpoint):
        ended = queue.SimpleQueue()
        self.client.list_models(ModelsRequest(provider, endpoint), on_end=ended.put)
        return ended.get(timeout=PATIENCE)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch, tmp_path):
    """Keep the environment's keys and lists, and its keyring, out of the tests."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("MEDSCAN_ALLOWED_HOSTS", raising=False)
    monkeypatch.setattr(allowed_hosts, "_XDG", tmp_path / "etc")
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "site"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture
def limits():
    """Return how long the client of the test waits."""
    return Limits(PATIENCE, PATIENCE, PATIENCE, PATIENCE)


@pytest.fixture
def audit(tmp_path):
    return Audit(tmp_path / "audit.jsonl")


@pytest.fixture
def asking(limits, audit, network_allowed):  # noqa: ARG001 - asked for, not used
    client = Client(Keys(), audit, limits)
    yield Asking(client)
    client.close()
