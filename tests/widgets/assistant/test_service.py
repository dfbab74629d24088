"""Whom to ask: models, the test of the connection, keys."""

from __future__ import annotations

import threading

import pytest

from napari_medscan.assistant.audit import Audit
from napari_medscan.assistant.client import Client
from napari_medscan.assistant.keys import Keys
from napari_medscan.assistant.providers import PROVIDERS
from napari_medscan.widgets.assistant.service import ServiceForm

from ...assistant.serving import Server, head, says
from .conftest import CHAT

LIST = head(kind="application/json") + b'{"data":[{"id":"llava"},{"id":"moondream"}]}'


@pytest.fixture
def form(qtbot, tmp_path):
    client = Client(Keys(), Audit(tmp_path / "audit.jsonl"))
    form = ServiceForm(client)
    qtbot.addWidget(form)
    form.show()
    yield form
    form.release()
    client.close()


def test_what_runs_on_this_computer_comes_first_and_needs_no_key(form, qtbot):
    assert form.provider is PROVIDERS[0]
    assert form.endpoint().is_loopback
    qtbot.waitUntil(lambda: form.key.source.text() == "No key required.")


@pytest.mark.parametrize("button", ["fetch", "test"])
def test_models_are_fetched_and_choose_nothing(button, form, qtbot, network_allowed):  # noqa: ARG001
    with Server(says(LIST)) as recorder:
        form.choose(CHAT, recorder.url, "my-own")
        getattr(form, button).click()
        qtbot.waitUntil(lambda: "2 models" in form.result.text())
        assert recorder.requests[0].startswith(b"GET /v1/models ")
    assert "“my-own” is not one of them" in form.result.text()
    assert form.model == "my-own"
    choice = form.model_choice
    assert [choice.itemText(i) for i in range(choice.count())] == ["llava", "moondream"]


def test_a_failed_test_says_why_and_can_be_repeated(form, qtbot, network_allowed):  # noqa: ARG001
    with Server(says(head("401 No", "application/json"), b'{"error":{"message":"bad"}}')) as server:
        form.choose(CHAT, server.url, "m")
        for _ in range(2):
            form.test.click()
            qtbot.waitUntil(lambda: "rejected the key" in form.result.text())
            assert "Server message: bad" in form.result.text()
            form.result.say("")


def test_a_slow_test_can_be_cancelled(form, qtbot, network_allowed):  # noqa: ARG001
    with Server(lambda _: server.is_over.wait(20)) as server:
        form.choose(CHAT, server.url, "m")
        form.test.click()
        qtbot.waitUntil(server.has_request.is_set)
        assert form.test.text() == "Cancel"
        form.test.click()
        qtbot.waitUntil(lambda: form.result.text() == "Cancelled.")
        assert form.test.text() == "Test connection"


CHANGES = {
    "address": lambda form: form.address.setText("http://127.0.0.1:9/v1"),
    "service": lambda form: form.provider_choice.setCurrentText("OpenAI"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_models_of_the_service_before_are_not_listed_under_another(
    change,
    form,
    qtbot,
    network_allowed,  # noqa: ARG001
):
    answers = threading.Event()

    def answer(connection):
        answers.wait(10)
        connection.sendall(LIST)
        gone.set()

    gone = threading.Event()
    with Server(answer) as server:
        form.choose(CHAT, server.url, "m")
        form.test.click()
        qtbot.waitUntil(server.has_request.is_set)
        CHANGES[change](form)
        assert (form.test.text(), form.fetch.isEnabled()) == ("Test connection", True)
        answers.set()
        gone.wait(10)
        qtbot.wait(100)
    assert form.model_choice.count() == 0
    assert form.result.text() == ""


def test_what_one_service_said_is_not_kept_under_another_address(form, qtbot, network_allowed):  # noqa: ARG001
    with Server(says(LIST)) as server:
        form.choose(CHAT, server.url, "my-own")
        form.test.click()
        qtbot.waitUntil(lambda: "2 models" in form.result.text())
    form.address.setText("http://127.0.0.1:9/v1")
    assert form.result.text() == ""
    assert form.model_choice.count() == 0
    assert form.model == "my-own"


def test_models_cannot_be_fetched_while_the_address_is_wrong(form, qtbot, network_allowed):  # noqa: ARG001
    with Server(lambda _: server.is_over.wait(20)) as server:
        form.choose(CHAT, server.url, "m")
        form.test.click()
        qtbot.waitUntil(server.has_request.is_set)
        form.address.setText("http://192.0.2.1/v1")
        assert not form.test.isEnabled()
        assert not form.fetch.isEnabled()


def test_a_wrong_address_is_said_while_it_is_written(form):
    form.address.setText("http://192.0.2.1/v1")
    assert "unencrypted" in form.address_problem.text()
    assert not form.test.isEnabled()
    form.address.setText("https://192.0.2.1/v1")
    assert form.address_problem.text() == ""
    assert form.test.isEnabled()


def test_where_a_key_comes_from_is_shown_and_the_key_never(form, qtbot, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1")
    form.provider_choice.setCurrentText("OpenAI")
    key = form.key
    qtbot.waitUntil(lambda: "environment" in key.source.text())
    assert not key.forget.isEnabled()
    monkeypatch.delenv("OPENAI_API_KEY")
    key.secret.setText("sk-canary-2")
    assert key.secret.echoMode() == key.secret.EchoMode.Password
    key.use.click()
    qtbot.waitUntil(lambda: "this session" in key.source.text())
    assert key.secret.text() == ""
    key.forget.click()
    qtbot.waitUntil(lambda: "requires a key" in key.source.text())
    assert not key.forget.isEnabled()


def test_without_a_keyring_a_key_is_not_kept_there(form, qtbot):
    form.provider_choice.setCurrentText("OpenAI")
    form.key.where.setCurrentIndex(1)
    form.key.secret.setText("sk-canary-3")
    form.key.use.click()
    qtbot.waitUntil(lambda: "keyring is not available" in form.key.source.text())


def test_a_key_that_cannot_be_looked_up_is_not_said_to_be_missing(
    form, qtbot, monkeypatch, failures
):
    def fail(*_):
        raise ValueError("sk-canary-6")

    monkeypatch.setattr(form.key._keys, "find", fail)
    form.address.setText("http://127.0.0.1:9/v1")
    form.address.editingFinished.emit()
    qtbot.waitUntil(lambda: form.key.source.text() == "The key could not be read.")
    assert failures
    assert "canary" not in "".join(failures)
    failures.clear()


def test_a_key_for_one_service_is_not_shown_for_another(form, qtbot):
    form.provider_choice.setCurrentText("OpenAI")
    form.key.secret.setText("sk-canary-4")
    form.provider_choice.setCurrentText("Anthropic")
    assert form.key.secret.text() == ""
    qtbot.waitUntil(lambda: "requires a key" in form.key.source.text())


def test_forget_takes_the_key_from_where_it_is_whatever_the_next_one_would_go_to(
    form, qtbot, monkeypatch
):
    kept = {}
    monkeypatch.setattr("keyring.get_password", lambda s, name: kept.get((s, name)))
    monkeypatch.setattr("keyring.set_password", lambda s, n, key: kept.update({(s, n): key}))
    monkeypatch.setattr("keyring.delete_password", lambda s, name: kept.pop((s, name)))
    form.provider_choice.setCurrentText("OpenAI")
    key = form.key
    key.where.setCurrentIndex(1)
    key.secret.setText("sk-canary-5")
    key.use.click()
    qtbot.waitUntil(lambda: "system keyring" in key.source.text())
    key.where.setCurrentIndex(0)
    key.forget.click()
    qtbot.waitUntil(lambda: "requires a key" in key.source.text())
    assert kept == {}
