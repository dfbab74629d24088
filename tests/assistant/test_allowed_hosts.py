"""What an institution allows, nobody before the screen widens."""

from __future__ import annotations

import os
import sys

import pytest

from napari_medscan.assistant import allowed_hosts
from napari_medscan.assistant.allowed_hosts import (
    VARIABLE,
    allow_list_files,
    allow_lists,
    check_allowed,
)
from napari_medscan.assistant.errors import AddressError
from napari_medscan.assistant.hosts import parse

on_linux = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="one site folder there")


def write(path, *hosts):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(hosts))
    return path


def is_allowed(address):
    endpoint = parse(address)
    try:
        check_allowed(endpoint)
    except AddressError:
        return False
    return True


def test_without_a_list_every_host_is_allowed():
    assert allow_lists() == []
    check_allowed(parse("https://api.openai.com/v1"))


ADDRESSES = (
    "https://api.openai.com/v1",
    "https://api.openai.com:8443/v1",
    "https://api.openai.com.evil.example/v1",
    "https://llm.hospital.example/v1",
    "https://hospital.example.evil.example/v1",
    "https://[2001:db8::1]/v1",
    "https://[2001:db8::1]:8443/v1",
    "https://[2001:db8::1:443]/v1",
    "http://127.0.0.1:1/v1",
    "http://127.0.0.1:2/v1",
    "http://[::1]:1/v1",
    "https://loopback/v1",
)
HERE = {address for address in ADDRESSES if address.startswith("http:")}


@pytest.mark.parametrize(
    ("listed", "holds"),
    [
        ("api.openai.com", {"https://api.openai.com/v1", "https://api.openai.com:8443/v1"}),
        ("API.OpenAI.com:443,loopback", {"https://api.openai.com/v1"} | HERE),
        ("*.hospital.example", {"https://llm.hospital.example/v1"}),
        ("127.0.0.1:1", {"http://127.0.0.1:1/v1"}),
        ("[::1]:1", {"http://[::1]:1/v1"}),
        ("2001:db8::1", {"https://[2001:db8::1]/v1", "https://[2001:db8::1]:8443/v1"}),
        ("[2001:db8::1]", {"https://[2001:db8::1]/v1", "https://[2001:db8::1]:8443/v1"}),
        ("[2001:db8::1]:443", {"https://[2001:db8::1]/v1"}),
        ("2001:db8::1:443", {"https://[2001:db8::1:443]/v1"}),
        ("loopback", HERE),
        ("", set()),
    ],
)
def test_the_institutions_list_is_kept_to(listed, holds, monkeypatch):
    monkeypatch.setenv(VARIABLE, listed)
    assert {address for address in ADDRESSES if is_allowed(address)} == holds


def test_the_keyword_for_this_computer_is_no_name_of_a_host(monkeypatch):
    monkeypatch.setenv(VARIABLE, "loopback loopback:443")
    assert not is_allowed("https://loopback/v1")
    assert is_allowed("http://127.0.0.1:11434/v1")


def test_the_list_can_be_a_file_of_the_administrators():
    *_, path = allow_list_files()
    write(path, "# ours", "llm.hospital.example  # the one in the basement")
    assert is_allowed("https://llm.hospital.example/v1")
    with pytest.raises(AddressError, match="administrator"):
        check_allowed(parse("https://ours/v1"))


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\xff", b"api.openai.com " + b" " * allowed_hosts.MAX_BYTES],
    ids=["no text", "long"],
)
def test_a_list_that_cannot_be_read_allows_nothing(content):
    *_, path = allow_list_files()
    write(path).write_bytes(content)
    with pytest.raises(AddressError, match="unreadable file"):
        check_allowed(parse("https://api.openai.com/v1"))


@on_linux
def test_the_documented_file_is_read_whatever_the_desktop_says(monkeypatch, tmp_path):
    write(tmp_path / "etc" / "napari-medscan" / "allowed-hosts.txt", "llm.hospital.example")
    desktop = tmp_path / "etc" / "xdg-ubuntu"
    for folders in (f"{desktop}{os.pathsep}{tmp_path / 'etc'}", str(tmp_path / "mine"), "", None):
        if folders is None:
            monkeypatch.delenv("XDG_CONFIG_DIRS")
        else:
            monkeypatch.setenv("XDG_CONFIG_DIRS", folders)
        assert is_allowed("https://llm.hospital.example/v1")
        assert not is_allowed("https://api.openai.com/v1")


@on_linux
def test_a_file_in_any_site_folder_counts(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_DIRS", f"{tmp_path / 'a'}{os.pathsep}{tmp_path / 'b'}")
    write(tmp_path / "b" / "napari-medscan" / "allowed-hosts.txt", "loopback")
    assert not is_allowed("https://api.openai.com/v1")


@pytest.mark.parametrize("listed", ["loopback", "api.openai.com"])
def test_the_variable_and_the_file_narrow_each_other(listed, monkeypatch):
    *_, path = allow_list_files()
    write(path, "llm.hospital.example", "loopback")
    monkeypatch.setenv(VARIABLE, listed)
    assert not is_allowed("https://llm.hospital.example/v1")
    assert not is_allowed("https://api.openai.com/v1")
    assert is_allowed("http://127.0.0.1:1/v1") is (listed == "loopback")
