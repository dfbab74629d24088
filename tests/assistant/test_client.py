"""Each fault of a server gives its own message, and leaves a client that can send again."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import struct
import time
from dataclasses import replace
from email.utils import formatdate

import pytest

from napari_medscan.assistant import errors, network
from napari_medscan.assistant.audit import Audit
from napari_medscan.assistant.client import Client
from napari_medscan.assistant.consent import Consent, consent_to
from napari_medscan.assistant.hosts import Endpoint, parse
from napari_medscan.assistant.keys import Keys
from napari_medscan.assistant.providers import provider
from napari_medscan.assistant.requests import HEADERS, ModelsRequest
from napari_medscan.assistant.transport import Limits
from napari_medscan.privacy.errors import ImageError
from napari_medscan.privacy.gate import Gate
from napari_medscan.privacy.sealed_image import Concern, Facts, SealedImage
from napari_medscan.privacy.signals import Signals
from napari_medscan.privacy.text_check import UNCHECKED

from .serving import (
    CHAT,
    KEY,
    MESSAGES,
    PATIENCE,
    WHOLE,
    Server,
    consent,
    endless,
    head,
    image,
    jpeg,
    piece,
    question,
    says,
    waiting,
)

PATIENT = Limits(PATIENCE, PATIENCE, PATIENCE, PATIENCE, refusal=0.5, answer=20_000)
HURRIED = replace(PATIENT, first_byte=1, stall=1)
"""For faults that are told by a time that passes."""


def refusal(status, said="", **headers):
    body = json.dumps({"error": {"message": said, "type": "t", "code": "c"}}).encode()
    return says(head(status, "application/json", **headers), body)


def reset(*parts):
    """Return what answers with bytes and resets the connection."""

    def answer(connection):
        connection.sendall(b"".join(parts))
        time.sleep(0.1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return answer


FAULTS = {
    "wrong key": (refusal("401 Unauthorized"), "key refused", "key"),
    "forbidden": (refusal("403 Forbidden"), "key refused", "key"),
    "no such model": (refusal("404 Not Found"), "model refused", "does not offer this model"),
    "blind model": (
        refusal("400 Bad Request", "image_url is only supported by certain models"),
        "model refused",
        "does not accept this image",
    ),
    "bad request": (refusal("400 Bad Request", "temperature"), "refused", "400"),
    "too large": (refusal("413 Content Too Large"), "too large", "too large"),
    "rate": (refusal("429 Too Many", Retry_After="30"), "rate-limited", "after"),
    "down": (refusal("500 Internal Server Error"), "provider down", "has an error"),
    "busy": (refusal("529 Overloaded"), "provider down", "later"),
    "too large and reset": (
        reset(head("413 Content Too Large", Content_Length="30")),
        "too large",
        "too large",
    ),
    "wrong key, cut": (
        says(head("401 Unauthorized", Content_Length="30"), b"{"),
        "key refused",
        "key",
    ),
    "wrong key, hanging": (
        waiting(head("401 Unauthorized", Content_Length="30"), b"{"),
        "key refused",
        "key",
    ),
    "rate, packed": (
        says(head("429 Too Many", Content_Encoding="gzip", Retry_After="30"), b"xx"),
        "rate-limited",
        "after",
    ),
    "redirect": (
        says(head("307 Temporary Redirect", Location="http://127.0.0.1:9/v1")),
        "redirected",
        "another address",
    ),
    "no HTTP": (says(b"SSH-2.0-OpenSSH\r\n"), "no answer", "HTTP"),
    "silent": (waiting(), "timed out", "did not answer within 1 "),
    "slow first byte": (waiting(head()), "timed out", "No data received"),
    "stalled": (waiting(head(), piece("A")), "timed out", "No data received"),
    "cut": (says(head(), piece("A")), "incomplete", "is incomplete"),
    "cut in a chunk": (
        says(head(Transfer_Encoding="chunked"), b"400\r\n" + piece("A")),
        "incomplete",
        "connection was lost",
    ),
    "endless": (endless, "too long", "too long"),
    "packed": (
        says(head(Content_Encoding="gzip"), gzip.compress(bytes(2**22))),
        "no answer",
        "compressed reply",
    ),
    "another protocol": (says(head(kind="text/html"), b"<html>"), "no answer", "protocol"),
    "malformed": (says(head(), b"data: {nothing\n\n"), "no answer", "protocol"),
    "empty": (says(head(), piece("", '"stop"')), "no answer", "empty"),
    "too short": (says(head(), piece("A", '"length"')), "incomplete", "maximum length"),
    "filtered": (says(head(), piece("", '"content_filter"')), "refused", "refused"),
    "told midway": (
        says(head(), piece("A"), b'data: {"error":{"message":"x","type":"overloaded_error"}}\n\n'),
        "provider down",
        "overloaded",
    ),
}


@pytest.fixture
def limits():
    return PATIENT


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_message_and_the_client_recovers(fault, asking, audit):
    answer, word, said = FAULTS[fault]
    asking.client._limits = HURRIED if word == "timed out" else PATIENT
    with Server(answer) as server:
        outcome = asking.ask(question(server.url))
        # Neither a second try of our own, nor anything at the address of a redirect.
        assert server.connections == 1
    assert said in str(outcome.error)
    assert audit.read()[-1].outcome == outcome.error.outcome == word
    asking.client._limits = PATIENT
    with Server(says(*WHOLE)) as server:
        assert asking.ask(question(server.url)).text == "A chest."


@pytest.mark.parametrize("fault", ["stalled", "cut", "endless", "told midway"])
def test_what_came_before_the_fault_is_kept(fault, asking):
    asking.client._limits = replace(HURRIED, first_byte=PATIENCE)
    with Server(FAULTS[fault][0]) as server:
        assert asking.ask(question(server.url)).text[:3] in ("A", "and")


def test_an_endless_trickle_ends_at_the_total(asking):
    def trickle(connection):
        connection.sendall(head())
        while True:
            connection.sendall(b": ping\n\n")
            time.sleep(0.05)

    asking.client._limits = replace(PATIENT, total=2)
    with Server(trickle) as server:
        outcome = asking.ask(question(server.url))
    assert isinstance(outcome.error, errors.TimedOutError)
    assert "took more than" in str(outcome.error)


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_says_when_to_send_again(as_date, asking):
    given = formatdate(time.time() + 30, usegmt=True) if as_date else "30"
    with Server(refusal("429 Too Many Requests", Retry_After=given)) as server:
        error = asking.ask(question(server.url)).error
    assert error.again_at == pytest.approx(time.time() + 30, abs=3)


def test_nobody_there(asking):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = asking.ask(question(f"http://127.0.0.1:{port}/v1")).error
    assert type(error) is errors.NoConnectionError
    assert "Start it" in str(error)


def test_what_the_server_says_is_harmless_and_holds_no_key(asking):
    asking.client.keys.enter(parse("http://127.0.0.1:1/v1"), "another")
    with Server(refusal("401 Unauthorized", f"<b>Incorrect key {KEY}\u202e")) as server:
        asking.client.keys.enter(parse(server.url), KEY)
        error = asking.ask(question(server.url)).error
    assert error.detail == "‹b>Incorrect key …"


@pytest.mark.parametrize("length", [0, 285])
def test_an_error_told_within_an_answer_holds_no_key(length, asking):
    said = json.dumps({"error": {"message": f"{'x' * length} bad key {KEY}", "type": "t"}})
    with Server(says(head(), f"data: {said}\n\n".encode())) as server:
        asking.client.keys.enter(parse(server.url), KEY)
        error = asking.ask(question(server.url)).error
    assert "bad" in error.detail
    assert KEY[:3] not in error.detail


def test_a_refusal_whose_words_hang_is_told_in_time(asking):
    asking.client._limits = replace(PATIENT, refusal=0.3)
    trickled = head("401 Unauthorized", Content_Length="3000")

    def trickle(connection):
        connection.sendall(trickled)
        while True:
            connection.sendall(b" ")
            time.sleep(0.05)

    with Server(trickle) as server:
        error = asking.ask(question(server.url)).error
    assert error.outcome == "key refused"


@pytest.mark.parametrize("service", [CHAT, MESSAGES])
def test_the_wire_holds_what_was_agreed_to_and_nothing_else(service, asking):
    with Server(says(head("500 no", "application/json"))) as server:
        asking.client.keys.enter(parse(server.url), KEY)
        asked = question(server.url, service)
        asking.ask(asked)
        (request,) = server.requests
    lines, _, body = request.partition(b"\r\n\r\n")
    first, *lines = lines.decode("ascii").split("\r\n")
    assert body == asked.body
    sent = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    assert set(sent) <= HEADERS
    secret = sent.pop("authorization", None) or sent.pop("x-api-key")
    assert secret.removeprefix("Bearer ") == KEY
    assert sent.pop("host") == f"127.0.0.1:{server.port}"
    assert sent.pop("content-length") == str(len(body))
    assert sent == {
        "user-agent": "napari-medscan",
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": "close",
        "content-type": "application/json",
    } | ({"anthropic-version": "2023-06-01"} if service is MESSAGES else {})
    path = "/v1/messages" if service is MESSAGES else "/v1/chat/completions"
    assert first == f"POST {path} HTTP/1.1"


def test_cookies_are_not_kept(asking):
    with Server(says(head(Set_Cookie="id=1"), *WHOLE[1:])) as server:
        asking.ask(question(server.url))
        asking.ask(question(server.url))
        assert b"ookie" not in b"".join(server.requests)


def test_the_environments_proxy_and_addresses_are_not_used(asking, monkeypatch):
    with Server(says(*WHOLE)) as proxy, Server(says(*WHOLE)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_BASE_URL"):
            monkeypatch.setenv(name, proxy.url)
        assert asking.ask(question(server.url)).text
        # Not on this computer either, when the system's proxy is allowed.
        assert asking.ask(question(server.url, through_proxy=True)).text
        assert proxy.connections == 0


def test_nothing_is_logged(asking, caplog):
    caplog.set_level(logging.DEBUG)
    with Server(says(*WHOLE)) as server:
        asking.client.keys.enter(parse(server.url), KEY)
        asked = question(server.url, prompt="canary question")
        asking.ask(asked)
    assert caplog.records
    for secret in (KEY, "canary", "A chest", asked.body.decode()[200:300]):
        assert secret not in caplog.text


def not_sent(client, asked, consent, kind):
    before = network.usage()
    with pytest.raises(kind):
        client.send(asked, consent, on_text=print, on_end=print)
    assert network.usage() == before


@pytest.mark.parametrize("concern", Concern)
def test_what_has_to_be_confirmed_is_confirmed_before_there_is_consent(concern):
    facts = {
        Concern.TEXT: Facts(text=UNCHECKED),
        Concern.HEADER: Facts(Signals(text=("Burned In Annotation is YES",))),
        Concern.FACE: Facts(Signals(face="is a photograph")),
    }[concern]
    # The second image, so that each is asked about.
    images = image(), SealedImage(jpeg(1), facts)
    asked, gate = question("http://127.0.0.1:1/v1", images=images), Gate()
    for one in images:
        gate.see(one, full_size=True)
    with pytest.raises(errors.ConsentError):
        consent_to(asked, gate)
    gate.confirm(images[1], "https://elsewhere.example:443")
    with pytest.raises(errors.ConsentError):
        consent_to(asked, gate)
    gate.confirm(images[1], asked.endpoint.origin)
    consent_to(asked, gate).spend(asked)


def test_without_a_look_at_the_preview_there_is_no_consent():
    with pytest.raises(errors.ConsentError, match="Scroll until the whole image"):
        consent_to(question("http://127.0.0.1:1/v1"), Gate())


@pytest.mark.parametrize(
    "change",
    [
        {"images": (image(1),)},
        {"prompt": "Another."},
        {"model": "another"},
        {"stream": False},
        {"through_proxy": True},
        {"base_url": "http://127.0.0.1:1/v2"},
        {"base_url": "http://localhost:1/v1"},
        {"service": MESSAGES},
    ],
    ids=["picture", "prompt", "model", "stream", "proxy", "path", "host", "service"],
)
def test_a_change_after_the_preview_withdraws_the_consent(change, audit):
    given = consent(question("http://127.0.0.1:1/v1"))
    changed = question(**{"base_url": "http://127.0.0.1:1/v1", **change})
    not_sent(Client(Keys(), audit), changed, given, errors.ConsentError)
    assert audit.read() == []


def test_consent_is_for_one_time(asking):
    with Server(says(*WHOLE)) as server:
        asked = question(server.url)
        given = consent(asked)
        sending = asking.client.send(asked, given, on_text=print, on_end=print)
        assert sending.ended.wait(PATIENCE)
        not_sent(asking.client, asked, given, errors.ConsentError)
        assert server.connections == 1


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [
        (Endpoint("http", "example.org", 80), errors.AddressError),
        (Endpoint("https", "169.254.169.254", 443), errors.AddressError),
        (Endpoint("https", "off-the-list.example.org", 443), errors.AddressError),
    ],
    ids=["plain http", "link-local", "off the list"],
)
def test_an_address_that_was_never_checked_is_refused(endpoint, kind, audit, monkeypatch):
    monkeypatch.setenv("MEDSCAN_ALLOWED_HOSTS", "api.example.org example.org")
    asked = question("http://127.0.0.1:1/v1")
    object.__setattr__(asked, "endpoint", endpoint)
    not_sent(Client(Keys(), audit), asked, Consent(asked.digest), kind)
    with pytest.raises(kind):
        Client(Keys(), audit).list_models(ModelsRequest(CHAT, endpoint), on_end=print)


def test_without_a_key_nothing_is_sent(asking, audit):
    asked = question("https://api.openai.com/v1", provider("openai"))
    error = asking.ask(asked).error  # under the guard: not even a name is looked up
    assert isinstance(error, errors.MissingKeyError)
    assert "OPENAI_API_KEY" in str(error)
    assert audit.read() == []


@pytest.mark.parametrize(
    "hidden",
    [
        lambda picture: picture[:20] + b"\xff\xfe\x00\x0aCANARY^A" + picture[20:],
        lambda picture: picture[:-2] + b"CANARY^A" + picture[-2:],
        lambda picture: picture[:2] + b"\xff\xe1\x00\x0aCANARY^A" + picture[2:],
    ],
    ids=["comment", "behind the picture", "EXIF"],
)
def test_a_question_about_an_image_that_holds_more_cannot_be_made(hidden):
    assert question("http://127.0.0.1:1/v1", images=(SealedImage(jpeg()),)).body
    with pytest.raises(ImageError, match="extra data"):
        question("http://127.0.0.1:1/v1", images=(SealedImage(hidden(jpeg())),))


def test_without_an_audit_nothing_is_sent(tmp_path, asking):
    (tmp_path / "file").touch()
    asking.client.audit = Audit(tmp_path / "file" / "audit.jsonl")
    with Server(says(*WHOLE)) as server:
        error = asking.ask(question(server.url)).error
        assert server.connections == 0
    assert isinstance(error, errors.NotSentError)


@pytest.mark.parametrize("parts", [(), (head(),), (head(), piece("A"))])
def test_cancel_takes_less_than_100_ms(parts, asking, audit):
    took = []
    # A busy computer may be slow once, or twice.
    while len(took) < 10 and min(took, default=1.0) >= 0.1:
        with Server(waiting(*parts)) as server:
            sending, ended = asking.begin(question(server.url))
            assert server.has_request.wait(PATIENCE)
            time.sleep(0.05)
            start = time.perf_counter()
            sending.cancel()
            outcome = ended.get(timeout=PATIENCE)
            took.append(time.perf_counter() - start)
            assert outcome.is_canceled
    assert min(took) < 0.1
    assert audit.read()[-1].outcome == "canceled"


def test_cancel_before_the_first_step(asking):
    with Server(waiting()) as server:
        sending, ended = asking.begin(question(server.url))
        sending.cancel()
        assert ended.get(timeout=PATIENCE).is_canceled
        assert sending.ended.wait(PATIENCE)
    with Server(says(*WHOLE)) as server:
        assert asking.ask(question(server.url)).text


def test_one_image_at_a_time(asking):
    with Server(waiting()) as server:
        asked = question(server.url)
        sending, _ = asking.begin(asked)
        with pytest.raises(errors.NotSentError, match="Waiting"):
            asking.begin(asked)
        sending.cancel()
        with Server(says(*WHOLE)) as other:
            assert asking.ask(question(other.url)).text == "A chest."


def test_closing_ends_what_is_on_its_way(asking, audit):
    with Server(waiting()) as server:
        _, ended = asking.begin(question(server.url))
        assert server.has_request.wait(PATIENCE)
        asking.client.close()
        assert ended.get(timeout=PATIENCE).is_canceled
    assert audit.read()[-1].outcome == "canceled"


def test_the_network_is_counted_by_sends(asking):
    network.watch()
    before = network.usage()
    with Server(says(*WHOLE)) as server:
        asking.ask(question(server.url))
    after = network.usage()
    assert (after.expected, after.unexpected) == (before.expected + 1, before.unexpected)


def test_localhost_that_is_elsewhere_gets_no_image(asking, monkeypatch):
    def elsewhere(_host, port, *_args, **_kwargs):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", elsewhere)
    # The guard of all tests sees that nothing goes there.
    error = asking.ask(question("http://localhost:9/v1")).error
    assert isinstance(error, errors.AddressError)
    assert "localhost" in str(error)


LINK_LOCAL = ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"]


@pytest.mark.parametrize("through_proxy", [False, True])
@pytest.mark.parametrize("address", LINK_LOCAL)
def test_a_name_that_stands_for_no_service_gets_no_image(
    address, through_proxy, asking, monkeypatch
):
    """Nor where a proxy may be used and there is none."""

    def resolve(_host, port, *_args, **_kwargs):
        if ":" in address:
            return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    asked = question("https://service.example/v1", through_proxy=through_proxy)
    # The guard of all tests sees that nothing goes there.
    assert isinstance(asking.ask(asked).error, errors.AddressError)


def test_the_systems_proxy_carries_it_where_that_was_allowed(asking, monkeypatch):
    with Server(says(b"HTTP/1.1 502 no\r\n\r\n")) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        # The name is the proxy's to look up: the guard of all tests sees no look-up here.
        error = asking.ask(question("https://service.example/v1", through_proxy=True)).error
        (request,) = proxy.requests
    assert isinstance(error, errors.NoConnectionError)
    assert request.startswith(b"CONNECT service.example:443 HTTP/1.1\r\n")


def test_models_are_listed(asking, audit):
    body = json.dumps({"data": [{"id": "b"}, {"id": "a"}, {"id": "b"}, {"id": "<x>"}]}).encode()
    with Server(says(head(kind="application/json"), body)) as server:
        outcome = asking.models(CHAT, parse(server.url))
        (request,) = server.requests
    assert outcome.models == ("b", "a")
    assert request.startswith(b"GET /v1/models HTTP/1.1\r\n")
    record = audit.read()[-1]
    assert (record.kind, record.bytes, record.outcome) == ("list of models", 0, "answered")


def test_a_service_without_a_list_says_so(asking):
    with Server(says(head(kind="application/json"), b"{}")) as server:
        error = asking.models(CHAT, parse(server.url)).error
    assert "Enter the model name" in str(error)
