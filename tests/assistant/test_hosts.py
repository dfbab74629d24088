"""Which addresses an image may go to."""

from __future__ import annotations

import pytest

from napari_medscan.assistant.errors import AddressError
from napari_medscan.assistant.hosts import Endpoint, parse, refuse_address
from napari_medscan.assistant.providers import PROVIDERS


@pytest.mark.parametrize(
    ("written", "endpoint"),
    [
        ("https://api.openai.com/v1", Endpoint("https", "api.openai.com", 443, "/v1")),
        (" https://API.OpenAI.com:443/v1/ ", Endpoint("https", "api.openai.com", 443, "/v1")),
        ("https://llm.hospital.example:8443", Endpoint("https", "llm.hospital.example", 8443)),
        ("https://192.168.1.7/v1", Endpoint("https", "192.168.1.7", 443, "/v1")),
        ("https://a_b.xn--strae-oqa.example", Endpoint("https", "a_b.xn--strae-oqa.example", 443)),
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
        ("http://api.openai.com/v1", "unencrypted"),
        ("http://192.168.1.7:11434/v1", "unencrypted"),
        ("http://localhost.example.org/v1", "unencrypted"),
        ("http://127.0.0.1.example.org/v1", "unencrypted"),
        ("https://me:secret@api.openai.com/v1", "user name"),
        ("https://api.openai.com@evil.example/v1", "user name"),
        ("https://@evil.example/v1", "user name"),
        ("https://api.openai.com/v1#part", "#"),
        ("https://api.openai.com/v1?key=secret", "api-version"),
        ("https://169.254.169.254/latest", "cannot be a service"),
        ("https://[fe80::1]/v1", "cannot be a service"),
        ("https://[::ffff:169.254.169.254]/v1", "cannot be a service"),
        ("https://[::1%25eth0]/v1", "valid host name"),
        ("https://0.0.0.0/v1", "cannot be a service"),
        ("https://[::]/v1", "cannot be a service"),
        ("https://224.0.0.1/v1", "cannot be a service"),
        ("http://2130706433/v1", "four numbers"),
        ("http://127.1/v1", "four numbers"),
        ("http://0x7f.0.0.1/v1", "four numbers"),
        ("http://0x7f000001/v1", "four numbers"),
        ("https://api.openai.cоm/v1", "xn--"),  # noqa: RUF001 - a Cyrillic letter is the point
        ("https://api.openai.com\\@evil.example/v1", "character"),
        ("https://api.open\nai.com/v1", "character"),
        ("https://api..com/v1", "valid host name"),
        ("https://api.com./v1", "valid host name"),
        ("https://-api.com/v1", "valid host name"),
        ("https://xn--99999999/v1", "valid host name"),
        ("https://xn--a/v1", "valid host name"),
        ("https://api.xn--99999999.com/v1", "valid host name"),
        ("https://api.com:0/v1", "Port 0"),
        ("https://api.com:99999/v1", "Not a valid address"),
        ("https://api.com:x/v1", "Not a valid address"),
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


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1%eth0",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
        "0.0.0.0",  # noqa: S104 - nothing listens there
        "::",
        "::ffff:0:0",
        "255.255.255.255",
        "64:ff9b::ffff:ffff",
        "224.0.0.1",
        "ff02::1",
        "2002:e000:1::",
    ],
)
def test_where_no_service_is_is_seen_through_what_carries_it(address):
    with pytest.raises(AddressError, match="cannot be a service"):
        refuse_address(address)


@pytest.mark.parametrize(
    "address",
    ["192.0.2.1", "10.0.0.1", "127.0.0.1", "::1", "2001:db8::1", "64:ff9b::c000:201", "a.name"],
)
def test_where_a_service_can_be_is_not_refused(address):
    refuse_address(address)


def test_how_it_is_shown():
    assert parse("https://api.openai.com/v1").shown == "api.openai.com"
    assert parse("http://[::1]:8000/v1").shown == "[::1]:8000"
    assert parse("http://[::1]:8000/v1").url("/models") == "http://[::1]:8000/v1/models"
