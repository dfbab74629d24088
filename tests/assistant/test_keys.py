"""A key goes to its own service, and shows nowhere."""

from __future__ import annotations

import copy
import pickle

import pytest

from napari_medscan.assistant.errors import MissingKeyError
from napari_medscan.assistant.hosts import parse
from napari_medscan.assistant.keys import Keys, Source
from napari_medscan.assistant.providers import provider

from .serving import KEY

OPENAI = provider("openai")
HOME = parse(OPENAI.base_url)


@pytest.fixture
def keyring(monkeypatch):
    """Return a keyring in memory in the place of the system's."""
    import keyring

    kept = {}
    monkeypatch.setattr(keyring, "get_password", lambda s, name: kept.get((s, name)))
    monkeypatch.setattr(keyring, "set_password", lambda s, n, k: kept.update({(s, n): k}))
    monkeypatch.setattr(keyring, "delete_password", lambda s, name: kept.pop((s, name)))
    return kept


@pytest.mark.usefixtures("keyring")
def test_environment_then_keyring_then_session(monkeypatch):
    keys = Keys()
    assert keys.find(OPENAI, HOME) is None
    keys.enter(HOME, " session ")
    assert keys.find(OPENAI, HOME).source is Source.SESSION
    assert keys.find(OPENAI, HOME).reveal(HOME) == "session"
    keys.remember(HOME, "ring")
    assert keys.find(OPENAI, HOME).reveal(HOME) == "ring"
    monkeypatch.setenv("OPENAI_API_KEY", "environment")
    assert keys.find(OPENAI, HOME).reveal(HOME) == "environment"
    assert keys.find(OPENAI, HOME).source is Source.ENVIRONMENT


@pytest.mark.usefixtures("keyring")
@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/v1",
        "https://api.openai.com:8443/v1",
        "https://api.openai.com.evil.example/v1",
        "http://127.0.0.1:11434/v1",
    ],
)
def test_a_key_belongs_to_one_origin(elsewhere, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", elsewhere)
    keys = Keys()
    keys.enter(HOME, KEY)
    keys.remember(HOME, KEY)
    assert keys.find(OPENAI, parse(elsewhere)) is None
    with pytest.raises(MissingKeyError, match="another service"):
        keys.find(OPENAI, HOME).reveal(parse(elsewhere))


def test_the_path_does_not_matter_to_a_key():
    keys = Keys()
    keys.enter(HOME, KEY)
    assert keys.find(OPENAI, parse("https://api.openai.com/v2")).reveal(HOME) == KEY


@pytest.mark.usefixtures("keyring")
def test_empty_forgets_it():
    keys = Keys()
    keys.enter(HOME, KEY)
    keys.remember(HOME, KEY)
    keys.enter(HOME, "")
    keys.remember(HOME, "")
    keys.remember(HOME, "")
    assert keys.find(OPENAI, HOME) is None


def test_it_shows_nowhere():
    keys = Keys()
    keys.enter(HOME, KEY)
    key = keys.find(OPENAI, HOME)
    for shown in (repr(key), str(key), f"{key}", repr(keys), repr([key])):
        assert KEY not in shown
    for store in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not to be stored"):
            store(key)


@pytest.mark.parametrize("bad", ["sk two words", "sk\n\nHost: evil", "sk-é", "k" * 2000])
def test_what_is_no_key_is_refused_without_quoting_it(bad, monkeypatch):
    with pytest.raises(MissingKeyError) as caught:
        Keys().enter(HOME, bad)
    assert bad not in str(caught.value)
    monkeypatch.setenv("OPENAI_API_KEY", bad)
    with pytest.raises(MissingKeyError):
        Keys().find(OPENAI, HOME)


def test_a_system_without_a_keyring():
    """As a Linux without a desktop, by the `_no_settings` of all these tests."""
    import keyring

    keyring.set_keyring(keyring.backends.fail.Keyring())
    keys = Keys()
    with pytest.raises(MissingKeyError, match="not available") as caught:
        keys.remember(HOME, KEY)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert keys.find(OPENAI, HOME) is None


def test_a_keyring_is_not_opened_for_a_service_without_a_key(monkeypatch):
    import keyring

    opened, here = [], parse("http://127.0.0.1:11434/v1")
    monkeypatch.setattr(keyring, "get_password", lambda *asked: opened.append(asked))
    monkeypatch.setattr(keyring, "set_password", lambda *_: None)
    assert Keys().find(provider("ollama"), here) is None
    assert opened == []
    Keys().remember(here, KEY)
    Keys().find(provider("ollama"), here)
    assert len(opened) == 1, "one that was put there is looked for"


def test_a_keyring_that_breaks_in_its_own_way_is_none(monkeypatch):
    import keyring

    def breaks(*_):
        raise LookupError(KEY)

    for name in ("get_password", "set_password"):
        monkeypatch.setattr(keyring, name, breaks)
    keys = Keys()
    assert keys.find(provider("ollama"), parse("http://127.0.0.1:11434/v1")) is None
    keys.enter(HOME, KEY)
    assert keys.find(OPENAI, HOME).source is Source.SESSION
    with pytest.raises(MissingKeyError, match="not available") as caught:
        keys.remember(HOME, KEY)
    assert KEY not in str(caught.value)


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    with pytest.raises(MissingKeyError, match=r"napari-medscan\[keyring\]"):
        Keys().remember(HOME, KEY)
    assert Keys().find(OPENAI, HOME) is None
