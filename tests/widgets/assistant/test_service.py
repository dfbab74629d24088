"""Whom to ask: models, the test of the connection, keys."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from napari_medscan.assistant.audit import Audit
from napari_medscan.assistant.client import Client
from napari_medscan.assistant.keys import Keys
from napari_medscan.assistant.providers import PROVIDERS
from napari_medscan.widgets.assistant import service
from napari_medscan.widgets.assistant.service import ServiceTab

from ...assistant.serving import PATIENCE, Server, head, says
from .conftest import CHAT

LIST = head(kind="application/json") + b'{"data":[{"id":"llava"},{"id":"moondream"}]}'


def texts(form):
    return [form.models.item(row).text() for row in range(form.models.count())]


@pytest.fixture
def form(qtbot, tmp_path):
    client = Client(Keys(), Audit(tmp_path / "audit.jsonl"))
    form = ServiceTab(client)
    qtbot.addWidget(form.native)
    form.native.show()
    yield form
    form.release()
    client.close()


def test_what_runs_on_this_computer_comes_first_and_needs_no_key(form, qtbot):
    assert form.provider is PROVIDERS[0]
    assert form.endpoint().is_loopback
    qtbot.waitUntil(lambda: form.key.source.text() == "No key required.", timeout=60_000)


def test_models_are_listed_and_choose_nothing(form, qtbot, network_allowed):  # noqa: ARG001
    with Server(says(LIST)) as recorder:
        form.choose(CHAT, recorder.url, "my-own")
        form.list_models.native.click()
        qtbot.waitUntil(lambda: "2 models" in form.result.text(), timeout=60_000)
        assert recorder.requests[0].startswith(b"GET /v1/models ")
    assert "“my-own” is not one of them" in form.result.text()
    assert form.model == "my-own"
    assert texts(form) == ["llava", "moondream"]
    form.models.itemClicked.emit(form.models.item(1))
    assert form.model == "moondream"


def test_a_failed_test_says_why_and_can_be_repeated(form, qtbot, network_allowed):  # noqa: ARG001
    with Server(says(head("401 No", "application/json"), b'{"error":{"message":"bad"}}')) as server:
        form.choose(CHAT, server.url, "m")
        for _ in range(2):
            form.list_models.native.click()
            qtbot.waitUntil(lambda: "rejected the key" in form.result.text(), timeout=60_000)
            assert "Server message: bad" in form.result.text()
            form.result.say("")


def test_a_slow_test_can_be_canceled(form, qtbot, network_allowed):  # noqa: ARG001
    with Server(lambda _: server.is_over.wait()) as server:
        form.choose(CHAT, server.url, "m")
        form.list_models.native.click()
        qtbot.waitUntil(server.has_request.is_set, timeout=60_000)
        assert form.list_models.text == "Cancel"
        form.list_models.native.click()
        qtbot.waitUntil(lambda: form.result.text() == "Canceled.", timeout=60_000)
        assert form.list_models.text == "List models"


CHANGES = {
    "address": lambda form: setattr(form.address, "value", "http://127.0.0.1:9/v1"),
    "service": lambda form: setattr(form.service_name, "value", "OpenAI"),
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
        answers.wait(PATIENCE)
        connection.sendall(LIST)
        gone.set()

    gone = threading.Event()
    with Server(answer) as server:
        form.choose(CHAT, server.url, "m")
        form.list_models.native.click()
        qtbot.waitUntil(server.has_request.is_set, timeout=60_000)
        CHANGES[change](form)
        assert (form.list_models.text, form.list_models.enabled) == ("List models", True)
        answers.set()
        gone.wait(PATIENCE)
        qtbot.wait(100)
    assert form.models.count() == 0
    assert form.result.text() == ""


def test_what_one_service_said_is_not_kept_under_another_address(form, qtbot, network_allowed):  # noqa: ARG001
    with Server(says(LIST)) as server:
        form.choose(CHAT, server.url, "my-own")
        form.list_models.native.click()
        qtbot.waitUntil(lambda: "2 models" in form.result.text(), timeout=60_000)
    form.address.value = "http://127.0.0.1:9/v1"
    assert form.result.text() == ""
    assert form.models.count() == 0
    assert form.model == "my-own"


def test_models_cannot_be_fetched_while_the_address_is_wrong(form, qtbot, network_allowed):  # noqa: ARG001
    with Server(lambda _: server.is_over.wait()) as server:
        form.choose(CHAT, server.url, "m")
        form.list_models.native.click()
        qtbot.waitUntil(server.has_request.is_set, timeout=60_000)
        form.address.value = "http://192.0.2.1/v1"
        assert not form.list_models.enabled


def test_a_wrong_address_is_said_while_it_is_written(form):
    form.address.value = "http://192.0.2.1/v1"
    assert "unencrypted" in form.address_problem.text()
    assert not form.list_models.enabled
    form.address.value = "https://192.0.2.1/v1"
    assert form.address_problem.text() == ""
    assert form.list_models.enabled


def test_where_a_key_comes_from_is_shown_and_the_key_never(form, qtbot, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1")
    form.service_name.value = "OpenAI"
    key = form.key
    qtbot.waitUntil(lambda: "environment" in key.source.text(), timeout=60_000)
    assert not key.forget.enabled
    monkeypatch.delenv("OPENAI_API_KEY")
    key.secret.value = "sk-canary-2"
    assert key.secret.native.echoMode() == key.secret.native.EchoMode.Password
    key.use.native.click()
    qtbot.waitUntil(lambda: "this session" in key.source.text(), timeout=60_000)
    assert key.secret.value == ""
    key.forget.native.click()
    qtbot.waitUntil(lambda: "requires a key" in key.source.text(), timeout=60_000)
    assert not key.forget.enabled


def test_without_a_keyring_a_key_is_not_kept_there(form, qtbot):
    form.service_name.value = "OpenAI"
    form.key.where.value = "In the system keyring"
    form.key.secret.value = "sk-canary-3"
    form.key.use.native.click()
    qtbot.waitUntil(lambda: "keyring is not available" in form.key.source.text(), timeout=60_000)


def test_the_keyring_is_not_opened_to_show_the_form(form, monkeypatch):
    asked = []
    monkeypatch.setattr("keyring.get_password", lambda *place: asked.append(place))
    for provider in PROVIDERS:
        form.service_name.value = provider.name
    form.choose(CHAT, "http://127.0.0.1:9/v1", "m")
    assert asked == []


def test_a_key_for_one_service_is_not_shown_for_another(form, qtbot):
    form.service_name.value = "OpenAI"
    form.key.secret.value = "sk-canary-4"
    form.service_name.value = "Anthropic"
    assert form.key.secret.value == ""
    qtbot.waitUntil(lambda: "requires a key" in form.key.source.text(), timeout=60_000)


def test_forget_takes_the_key_from_where_it_is_whatever_the_next_one_would_go_to(
    form, qtbot, monkeypatch
):
    kept = {}
    monkeypatch.setattr("keyring.get_password", lambda s, name: kept.get((s, name)))
    monkeypatch.setattr("keyring.set_password", lambda s, n, key: kept.update({(s, n): key}))
    monkeypatch.setattr("keyring.delete_password", lambda s, name: kept.pop((s, name)))
    form.service_name.value = "OpenAI"
    key = form.key
    key.where.value = "In the system keyring"
    key.secret.value = "sk-canary-5"
    key.use.native.click()
    qtbot.waitUntil(lambda: "system keyring" in key.source.text(), timeout=60_000)
    key.where.value = "For this session"
    key.forget.native.click()
    qtbot.waitUntil(lambda: "requires a key" in key.source.text(), timeout=60_000)
    assert kept == {}


def test_models_of_all_servers_on_this_computer_are_found(
    form,
    qtbot,
    monkeypatch,
    network_allowed,  # noqa: ARG001
):
    names = ("nomic-embed-text", "llama3.1:8b", "strange", "llava:7b")
    body = json.dumps({"data": [{"id": name} for name in names]}).encode()
    with Server(says(head(kind="application/json"), body)) as one, Server(says(b"")) as two:
        running = replace(PROVIDERS[1], base_url=one.url)
        broken = replace(PROVIDERS[0], base_url=two.url)
        monkeypatch.setattr(service, "_LOCAL", (broken, running))
        monkeypatch.setattr(service, "PROVIDERS", (broken, running, *PROVIDERS[2:]))
        form.find.native.click()
        qtbot.waitUntil(lambda: "found on this computer" in form.result.text(), timeout=60_000)
        assert len(one.requests) == len(two.requests) == 1
        assert one.requests[0].startswith(b"GET /v1/models ")
    assert texts(form) == [
        "llava:7b – LM Studio",
        "strange – LM Studio",
        "llama3.1:8b – LM Studio (text only)",
        "nomic-embed-text – LM Studio (not a chat model)",
    ]
    assert form.result.text() == "2 found on this computer. Select one."
    form.models.itemClicked.emit(form.models.item(2))
    assert form.model == ""
    form.models.itemClicked.emit(form.models.item(0))
    assert (form.provider, form.address.value, form.model) == (running, one.url, "llava:7b")
    assert [record.kind for record in form._client.audit.read()] == ["list of models"] * 2
