"""Which addresses a picture may go to."""

from __future__ import annotations

import pytest

from napari_medscan.assistant.errors import AddressError, OffListError
from napari_medscan.assistant.hosts import (
    VARIABLE,
    Endpoint,
    allow_list,
    allow_list_file,
    check_allowed,
    parse,
)
from napari_medscan.assistant.providers import PROVIDERS


@pytest.mark.parametrize(
    ("written", "endpoint"),
    [
        ("https://api.openai.com/v1", Endpoint("https", "api.openai.com", 443, "/v1")),
        (" https://API.OpenAI.com:443/v1/ ", Endpoint("https", "api.openai.com", 443, "/v1")),
        ("https://llm.hospital.example:8443", Endpoint("https", "llm.hospital.example", 8443)),
        ("https://192.168.1.7/v1", Endpoint("https", "192.168.1.7", 443, "/v1")),
        ("https://xn--bcher-kva.example", Endpoint("https", "xn--bcher-kva.example", 443)),
        ("http://127.0.0.1:11434/v1", Endpoint("http", "127.0.0.1", 11434, "/v1")),
        ("http://127.8.9.10:1/v1", Endpoint("http", "127.8.9.10", 1, "/v1")),
        ("http://[::1]:8000/v1", Endpoint("http", "::1", 8000, "/v1")),
        ("http://localhost/v1", Endpoint("http", "localhost", 80, "/v1")),
        (
            "https://x.openai.azure.com/openai?api-version=2024-10-21",
            Endpoint("https", "x.openai.azure.com", 443, "/openai", "api-version=2024-10-21"),
        ),
    ],
)
def test_addresses_that_may_be(written, endpoint):
    assert parse(written) == endpoint
    assert parse(endpoint.url("")) == endpoint


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("http://api.openai.com/v1", "in the clear"),
        ("http://192.168.1.7:11434/v1", "in the clear"),
        ("http://localhost.example.org/v1", "in the clear"),
        ("http://127.0.0.1.example.org/v1", "in the clear"),
        ("https://me:secret@api.openai.com/v1", "user name"),
        ("https://api.openai.com@evil.example/v1", "user name"),
        ("https://@evil.example/v1", "user name"),
        ("https://api.openai.com/v1#part", "#"),
        ("https://api.openai.com/v1?key=secret", "api-version"),
        ("https://169.254.169.254/latest", "no service"),
        ("https://[fe80::1]/v1", "no service"),
        ("https://[::ffff:169.254.169.254]/v1", "no service"),
        ("https://0.0.0.0/v1", "no service"),
        ("https://[::]/v1", "no service"),
        ("https://224.0.0.1/v1", "no service"),
        ("http://2130706433/v1", "four numbers"),
        ("http://127.1/v1", "four numbers"),
        ("http://0x7f.0.0.1/v1", "four numbers"),
        ("http://0x7f000001/v1", "four numbers"),
        ("https://api.openai.cоm/v1", "xn--"),  # noqa: RUF001 - a Cyrillic letter is the point
        ("https://api.openai.com\\@evil.example/v1", "character"),
        ("https://api.open\nai.com/v1", "character"),
        ("https://api..com/v1", "well formed"),
        ("https://api.com./v1", "well formed"),
        ("https://-api.com/v1", "well formed"),
        ("https://api.com:0/v1", "port"),
        ("https://api.com:99999/v1", "no address"),
        ("https://api.com:x/v1", "no address"),
        ("ftp://api.com/v1", "https://host/v1"),
        ("file:///etc/passwd", "https://host/v1"),
        ("api.openai.com/v1", "https://host/v1"),
        ("https:///v1", "https://host/v1"),
        ("", "https://host/v1"),
    ],
)
def test_addresses_that_must_not_be(written, words):
    with pytest.raises(AddressError, match=words) as caught:
        parse(written)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("provider", [p for p in PROVIDERS if p.base_url], ids=lambda p: p.id)
def test_the_providers_own_addresses_may_be(provider):
    assert parse(provider.base_url).is_loopback is provider.base_url.startswith("http:")


def test_without_a_list_every_host_is_allowed():
    assert allow_list() is None
    check_allowed(parse("https://api.openai.com/v1"))


@pytest.mark.parametrize(
    ("listed", "allowed"),
    [
        ("api.openai.com", {"https://api.openai.com/v1", "https://api.openai.com:8443/v1"}),
        ("API.OpenAI.com:443,loopback", {"https://api.openai.com/v1", "http://127.0.0.1:1/v1"}),
        ("*.hospital.example", {"https://llm.hospital.example/v1"}),
        ("127.0.0.1:1", {"http://127.0.0.1:1/v1"}),
        ("", set()),
    ],
)
def test_the_institutions_list_is_kept_to(listed, allowed, monkeypatch):
    monkeypatch.setenv(VARIABLE, listed)
    for address in (
        "https://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://api.openai.com.evil.example/v1",
        "https://llm.hospital.example/v1",
        "https://hospital.example.evil.example/v1",
        "http://127.0.0.1:1/v1",
        "http://127.0.0.1:2/v1",
    ):
        if address in allowed or (address.startswith("http:") and "loopback" in listed):
            check_allowed(parse(address))
        else:
            with pytest.raises(OffListError, match=VARIABLE):
                check_allowed(parse(address))


def test_the_list_can_be_a_file_of_the_administrators():
    path = allow_list_file()
    path.parent.mkdir(parents=True)
    path.write_text("# ours\nllm.hospital.example  # the one in the basement\n")
    check_allowed(parse("https://llm.hospital.example/v1"))
    with pytest.raises(OffListError, match="administrator"):
        check_allowed(parse("https://ours/v1"))
    # A list that cannot be read allows nothing.
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(OffListError):
        check_allowed(parse("https://llm.hospital.example/v1"))


def test_the_variable_wins_over_the_file(monkeypatch):
    path = allow_list_file()
    path.parent.mkdir(parents=True)
    path.write_text("api.openai.com")
    monkeypatch.setenv(VARIABLE, "loopback")
    with pytest.raises(OffListError):
        check_allowed(parse("https://api.openai.com/v1"))


def test_how_it_is_shown():
    assert parse("https://api.openai.com/v1").shown == "api.openai.com"
    assert parse("http://[::1]:8000/v1").shown == "[::1]:8000"
    assert parse("http://[::1]:8000/v1").url("/models") == "http://[::1]:8000/v1/models"
