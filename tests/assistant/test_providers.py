"""Services on this computer come first, and what each keeps is quoted, not promised."""

from __future__ import annotations

import re

import pytest

from napari_medscan.assistant.hosts import parse
from napari_medscan.assistant.providers import (
    PROVIDERS,
    provider,
    retention_at,
    warnings_about,
)

from .serving import REMOTE, question


def test_this_computer_comes_first_and_needs_no_key():
    first = [p for p in PROVIDERS if p.name.startswith("On this computer")]
    assert [p.base_url.partition("1:")[2] for p in first] == [
        "11434/v1",
        "1234/v1",
        "8080/v1",
        "8000/v1",
    ]
    assert tuple(first) == PROVIDERS[: len(first)]
    assert not any(p.needs_key for p in first)


@pytest.mark.parametrize("service", REMOTE, ids=lambda p: p.id)
def test_what_is_quoted_has_a_source_and_a_date(service):
    assert re.fullmatch(
        r"“[^“”]+” \([\w./-]+/[\w./-]+, undated, retrieved \d+ \w+ 2026\)\. .+", service.retention
    )


@pytest.mark.parametrize("chosen", PROVIDERS, ids=lambda p: p.id)
@pytest.mark.parametrize("owner", REMOTE, ids=lambda p: p.id)
def test_a_provider_is_quoted_at_its_own_address_whatever_was_chosen(owner, chosen):
    assert retention_at(parse(owner.base_url), chosen) == owner.retention


@pytest.mark.parametrize("chosen", PROVIDERS, ids=lambda p: p.id)
@pytest.mark.parametrize(
    "address", ["https://gateway.example/v1", "https://api.openai.com:8443/v1"]
)
def test_nobody_is_quoted_at_an_address_that_is_not_their_own(address, chosen):
    text = retention_at(parse(address), chosen)
    assert "not known what" in text
    assert "“" not in text
    assert "this computer" not in text
    assert (f"not an address of {chosen.name}" in text) is (chosen in REMOTE)


@pytest.mark.parametrize("chosen", PROVIDERS, ids=lambda p: p.id)
def test_a_program_on_this_computer_is_called_so_whatever_was_chosen(chosen):
    assert "a program on this computer" in retention_at(parse("http://localhost:1"), chosen)


def test_names_are_distinct_and_unknown_ones_stay_here():
    assert len({p.id for p in PROVIDERS}) == len({p.name for p in PROVIDERS}) == len(PROVIDERS)
    assert provider("gone") is PROVIDERS[0]
    assert provider("openai").key_variable == "OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("address", "model", "word"),
    [
        ("http://127.0.0.1:11434/v1", "gpt-oss:120b-cloud", "cloud"),
        ("http://127.0.0.1:11434/v1", "glm-5:cloud", "cloud"),
        ("http://localhost:11434/v1", "X:CLOUD", "cloud"),
        ("https://openrouter.ai/api/v1", "google/gemini-3-pro", "clinical practice"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "x", "clinical practice"),
        ("https://api.example.org/v1", "x", "not this computer"),
        ("http://127.0.0.1:11434/v1", "llava:13b", ""),
        ("http://127.0.0.1:11434/v1", "cloudy", ""),
    ],
)
def test_what_is_warned_of(address, model, word):
    warnings = warnings_about(PROVIDERS[0], parse(address), model)
    assert any(word in text for text in warnings) if word else warnings == ()


@pytest.mark.parametrize(
    ("address", "through_proxy", "words"),
    [
        ("https://gateway.example/team-a/v1", False, "https://gateway.example/team-a/v1"),
        (
            "https://gateway.example:8443/v1",
            True,
            "https://gateway.example:8443/v1 (through the system proxy, if one is set)",
        ),
        ("http://127.0.0.1:1/v1", True, "http://127.0.0.1:1/v1"),
        ("https://x.example/openai?api-version=2024-10-21", False, "https://x.example/openai"),
    ],
)
def test_the_preview_names_address_and_way(address, through_proxy, words):
    assert question(address, through_proxy=through_proxy).destination == words
