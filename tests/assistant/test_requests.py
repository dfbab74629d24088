"""The bodies are what the protocols' own packages take, and ask for no storage."""

from __future__ import annotations

import base64
import json

import anthropic.types
import numpy as np
import openai.types.chat
import pytest
from pydantic import TypeAdapter

from napari_medscan.assistant.errors import NotSentError
from napari_medscan.assistant.providers import PROVIDERS, Protocol, provider
from napari_medscan.assistant.requests import MAX_BYTES, Turn
from napari_medscan.privacy.sealed_image import Format, SealedImage, seal

from .serving import image, question

TURNS = (Turn("What is in view?", "A chest."), Turn("Left or right?", "Both."))
TYPES = {
    Protocol.CHAT: openai.types.chat.completion_create_params.CompletionCreateParamsStreaming,
    Protocol.MESSAGES: anthropic.types.message_create_params.MessageCreateParamsStreaming,
}


# Kept: a lazy iterable needs the validator that made it.
VALIDATORS = {protocol: TypeAdapter(known) for protocol, known in TYPES.items()}


def forced(value):
    """Return what was validated with its lazy iterables gone through, which validates them."""
    if isinstance(value, dict):
        return {key: forced(item) for key, item in value.items()}
    if isinstance(value, str | bytes | int | float | None):
        return value
    return [forced(item) for item in value]


def asked(service, **kwargs):
    return question(service.base_url or "https://service.example/v1", service, **kwargs)


@pytest.mark.parametrize("history", [(), TURNS], ids=["first", "follows"])
@pytest.mark.parametrize("service", PROVIDERS, ids=lambda p: p.id)
def test_the_body_is_of_the_protocol(service, history):
    body = json.loads(asked(service, history=history).body)
    routing = body.pop("provider", None)  # OpenRouter's own
    assert (routing is not None) is (service.id == "openrouter")
    known = TYPES[service.protocol]
    assert set(body) <= set(known.__annotations__) | set(_inherited(known))
    assert forced(VALIDATORS[service.protocol].validate_python(body)) == body
    assert len(body["messages"]) == 1 + 2 * len(history)


def _inherited(known):
    return [name for base in known.__orig_bases__ for name in base.__annotations__]


def test_a_wrong_body_would_be_noticed():
    body = json.loads(asked(provider("openai")).body)
    body["messages"][0]["content"][0]["image_url"] = "not an object"
    with pytest.raises(ValueError, match="image_url"):
        forced(VALIDATORS[Protocol.CHAT].validate_python(body))


@pytest.mark.parametrize("service", PROVIDERS, ids=lambda p: p.id)
def test_the_image_is_the_very_bytes_once(service):
    one = image(3)
    body = asked(service, images=(one,), history=TURNS).body
    assert body.count(base64.b64encode(one.data)) == 1


def test_no_storage_is_asked_for_where_it_can_be():
    bodies = {p.id: json.loads(asked(p).body) for p in PROVIDERS}
    assert bodies["openai"]["store"] is False
    assert bodies["azure"]["store"] is False
    assert bodies["openrouter"]["provider"] == {"zdr": True, "data_collection": "deny"}
    assert "store" not in bodies["ollama"]  # strict servers refuse what they do not know


@pytest.mark.parametrize("chosen", ["compatible", "openrouter", "ollama"])
def test_no_storage_is_asked_for_in_the_words_of_whose_address_it_is(chosen):
    body = json.loads(question("https://api.openai.com/v1", provider(chosen)).body)
    assert body["store"] is False
    assert "provider" not in body


def test_a_gateway_is_asked_for_no_storage_as_what_it_stands_for():
    body = json.loads(question("https://gateway.example/openai/v1", provider("openai")).body)
    assert body["store"] is False


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "b"},
        {"model": "b"},
        {"images": (image(1),)},
        {"history": TURNS},
        {"stream": False},
        {"through_proxy": True},
    ],
    ids=["prompt", "model", "picture", "history", "stream", "proxy"],
)
def test_the_digest_is_of_all_that_is_agreed_to(change):
    service = provider("openai")
    assert asked(service).digest == asked(service).digest
    assert asked(service, **change).digest != asked(service).digest


def test_only_jpeg_is_sent():
    png = seal(np.zeros((8, 8, 3), np.uint8), format=Format.PNG)
    with pytest.raises(NotSentError, match="Only JPEG"):
        asked(provider("openai"), images=(png,))


def test_too_large_an_image_is_refused(monkeypatch):
    monkeypatch.setattr(SealedImage, "shape", (8, 8))
    large = SealedImage(b"\xff\xd8\xff" + bytes(MAX_BYTES) + b"\xff\xd9")
    with pytest.raises(NotSentError, match=r"3\.75 MB"):
        asked(provider("openai"), images=(large,))


EIGHT = tuple(image(seed) for seed in range(8))


@pytest.mark.parametrize("service", PROVIDERS, ids=lambda p: p.id)
def test_several_images_are_in_the_body_in_their_order(service):
    body = asked(service, images=EIGHT).body
    places = [body.index(base64.b64encode(one.data)) for one in EIGHT]
    assert places == sorted(places)
    assert forced(
        VALIDATORS[service.protocol].validate_python(
            {k: v for k, v in json.loads(body).items() if k != "provider"}
        )
    )


@pytest.mark.parametrize(
    ("url", "model", "most"),
    [
        ("https://service.example/v1", "medgemma1.5:4b", 8),
        ("http://127.0.0.1:9/v1", "a-model", 8),
        ("http://127.0.0.1:9/v1", "medgemma1.5:4b", 85),
        ("http://127.0.0.1:9/v1", "google/medgemma-1.5-4b-it", 85),
    ],
)
def test_how_many_images_depends_on_model_and_address(url, model, most):
    images = (image(),) * (most + 1)
    assert question(url, model=model, images=images[1:]).body
    for wrong in (images, ()):
        with pytest.raises(NotSentError, match=f"At most {most} images"):
            question(url, model=model, images=wrong)


def test_the_preview_has_all_words_that_are_sent():
    text = asked(provider("openai"), history=TURNS, prompt="And now?").text
    body = json.loads(asked(provider("openai"), history=TURNS, prompt="And now?").body)
    for message in body["messages"]:
        content = message["content"]
        words = content if isinstance(content, str) else content[1]["text"]
        assert words in text


def test_its_repr_says_nothing_of_what_was_asked():
    assert "view" not in repr(asked(provider("openai"), history=TURNS))
