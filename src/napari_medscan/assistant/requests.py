"""What is asked, and the exact bytes and headers that ask it, in the words of each protocol."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from napari_medscan.assistant.errors import NotSentError
from napari_medscan.assistant.hosts import Endpoint
from napari_medscan.assistant.keys import Key
from napari_medscan.assistant.models import most_images
from napari_medscan.assistant.providers import Protocol, Provider, no_storage_at
from napari_medscan.privacy.sealed_image import Format, SealedImage

MAX_BYTES = 3_750_000
"""The largest image that services take (5 MB as base64)."""
MAX_TOKENS = 2048
"""Longest answer asked of Anthropic's protocol, which wants a number."""
_OF_HTTP = "host connection user-agent accept accept-encoding content-type content-length"
_OF_SERVICES = "authorization x-api-key api-key anthropic-version"
HEADERS = frozenset(f"{_OF_HTTP} {_OF_SERVICES}".split())
"""The only headers that a request has."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question on the same images that was answered before."""

    prompt: str
    answer: str


@dataclass(frozen=True)
class Question:
    """Everything that one "Send" says, and to whom.

    Parameters
    ----------
    provider : Provider
        The service.
    endpoint : Endpoint
        Its address, from `hosts.parse`.
    model : str
        The model, as the service names it.
    images : tuple of SealedImage
        What is asked about, in this order: one, or several key images.
    prompt : str
        What the user asks.
    history : tuple of Turn
        What was asked and answered on these images before: neither protocol remembers, so the
        images and all turns are sent again with each question.
    through_proxy : bool
        Whether the user lets the system's proxy carry it; never on this computer.
    stream : bool
        Whether the answer is to come piece by piece.

    Raises
    ------
    NotSentError
        When there are no images, too many, or one that is too large or no JPEG.
    """

    provider: Provider
    endpoint: Endpoint
    model: str
    images: tuple[SealedImage, ...]
    prompt: str
    history: tuple[Turn, ...] = ()
    through_proxy: bool = False
    stream: bool = True

    def __post_init__(self) -> None:
        most = most_images(self.endpoint, self.model)
        if not 0 < len(self.images) <= most:
            raise NotSentError(f"At most {most} images can be sent to this model.")
        if any(image.format is not Format.JPEG for image in self.images):
            raise NotSentError("Only JPEG images can be sent.")
        if any(len(image.data) > MAX_BYTES for image in self.images):
            raise NotSentError("The image exceeds 3.75 MB. Reduce its size.")

    def __repr__(self) -> str:
        # Neither prompt nor answers may reach a log.
        return f"<Question to {self.endpoint.shown}, image {self.sha256[:12]}>"

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the image, what an answer is tied to; of several, of all their hashes."""
        hashes = [image.sha256 for image in self.images]
        if len(hashes) == 1:
            return hashes[0]
        return hashlib.sha256(" ".join(hashes).encode()).hexdigest()

    @property
    def url(self) -> str:
        """Where it is sent."""
        is_chat = self.provider.protocol is Protocol.CHAT
        return self.endpoint.url("/chat/completions" if is_chat else "/messages")

    @cached_property
    def body(self) -> bytes:
        """The very bytes of the request's body."""
        is_chat = self.provider.protocol is Protocol.CHAT
        content = {
            "model": self.model,
            **({} if is_chat else {"max_tokens": MAX_TOKENS}),
            "messages": _messages(self, _chat_image if is_chat else _message_image),
            "stream": self.stream,
            **no_storage_at(self.endpoint, self.provider),
        }
        return json.dumps(content, separators=(",", ":")).encode("ascii")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all there is to agree to: address, way, images, words, model."""
        way = "proxy" if self.through_proxy else "direct"
        return hashlib.sha256(f"POST {self.url} {way}\n".encode() + self.body).hexdigest()

    @property
    def text(self) -> str:
        """All words that are sent besides the images, for the preview."""
        lines = [f"You: {t.prompt}\n\nModel: {t.answer}\n\n" for t in self.history]
        return "".join(lines) + (f"You: {self.prompt}" if lines else self.prompt)

    @property
    def destination(self) -> str:
        """Where it would go, and by what way, for the preview."""
        if self.through_proxy and not self.endpoint.is_loopback:
            return f"{self.endpoint.address} (through the system proxy, if one is set)"
        return self.endpoint.address

    @property
    def repeats(self) -> str:
        """A sentence about earlier turns, for the preview; empty when there are none."""
        turns = len(self.history)
        if not turns:
            return ""
        earlier = "question and its answer" if turns == 1 else f"{turns} questions and answers"
        images = "image" if len(self.images) == 1 else "images"
        return f"The {images} and the previous {earlier} are sent again with this question."


@dataclass(frozen=True, slots=True)
class ModelsRequest:
    """A request for a service's list of models, with neither image nor text.

    Parameters
    ----------
    provider, endpoint, through_proxy
        As of `Question`.
    """

    provider: Provider
    endpoint: Endpoint
    through_proxy: bool = False

    @property
    def url(self) -> str:
        """Where it is sent."""
        return self.endpoint.url("/models")

    @property
    def body(self) -> bytes:
        """Nothing: it is a GET."""
        return b""


Request = Question | ModelsRequest


def headers_of(request: Request, key: Key | None) -> dict[str, str]:
    """Return what a request says in its head, besides what HTTP adds.

    Raises
    ------
    MissingKeyError
        When the key belongs to another service.
    """
    headers = {
        "User-Agent": "napari-medscan",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    if request.provider.protocol is Protocol.MESSAGES:
        headers["Anthropic-Version"] = "2023-06-01"
    if request.body:
        headers["Content-Type"] = "application/json"
    if key is not None:
        secret, key_header = key.reveal(request.endpoint), request.provider.key_header
        headers[key_header] = f"Bearer {secret}" if key_header == "authorization" else secret
    return headers


def _messages(question: Question, part_of: Callable[[str], dict[str, Any]]) -> list[dict[str, Any]]:
    prompts = [*(turn.prompt for turn in question.history), question.prompt]
    images = [part_of(base64.b64encode(image.data).decode("ascii")) for image in question.images]
    first = [*images, {"type": "text", "text": prompts[0]}]
    messages: list[dict[str, Any]] = [{"role": "user", "content": first}]
    for turn, prompt in zip(question.history, prompts[1:], strict=True):
        messages += [
            {"role": "assistant", "content": turn.answer},
            {"role": "user", "content": prompt},
        ]
    return messages


def _chat_image(data: str) -> dict[str, Any]:
    """Return an image in base64 as OpenAI's chat completions take it, and most servers."""
    return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}


def _message_image(data: str) -> dict[str, Any]:
    """Return an image in base64 as Anthropic's messages take it."""
    source = {"type": "base64", "media_type": "image/jpeg", "data": data}
    return {"type": "image", "source": source}
