"""What is asked, and the exact bytes that ask it, in the words of each protocol."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from napari_medscan.privacy.sealed_image import Format, SealedImage

from .errors import PictureError
from .hosts import Endpoint
from .models import most_images
from .providers import Protocol, Provider, no_storage_at

MAX_BYTES = int(3.75 * 2**20)
"""The largest image that services take (5 MB as base64)."""
MAX_TOKENS = 2048
"""Longest answer asked of Anthropic's protocol, which wants a number."""


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
    PictureError
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
            raise PictureError(f"At most {most} images can be sent to this model.")
        if any(image.format is not Format.JPEG for image in self.images):
            raise PictureError("Only JPEG images can be sent.")
        if any(len(image.data) > MAX_BYTES for image in self.images):
            raise PictureError("The image exceeds 3.75 MB. Reduce its size.")

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
        if self.provider.protocol is Protocol.MESSAGES:
            return self.endpoint.url("/messages")
        return self.endpoint.url("/chat/completions")

    @cached_property
    def body(self) -> bytes:
        """The very bytes of the request's body."""
        if self.provider.protocol is Protocol.MESSAGES:
            content = messages_body(self)
        else:
            content = chat_body(self)
        content |= no_storage_at(self.endpoint, self.provider)
        return json.dumps(content, separators=(",", ":"), default=dict).encode("ascii")

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


def chat_body(question: Question) -> dict[str, Any]:
    """Return the body of OpenAI's chat completions, which most servers speak."""
    urls = ["data:image/jpeg;base64," + _base64(image.data) for image in question.images]
    return {
        "model": question.model,
        "messages": _messages(
            question, [{"type": "image_url", "image_url": {"url": url}} for url in urls]
        ),
        "stream": question.stream,
    }


def messages_body(question: Question) -> dict[str, Any]:
    """Return the body of Anthropic's messages."""
    images = [
        {
            "type": "image",
            "source": {
                "type": "base64",
                "media_type": "image/jpeg",
                "data": _base64(image.data),
            },
        }
        for image in question.images
    ]
    return {
        "model": question.model,
        "max_tokens": MAX_TOKENS,
        "messages": _messages(question, images),
        "stream": question.stream,
    }


def _messages(question: Question, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
    prompts = [*(turn.prompt for turn in question.history), question.prompt]
    first = [*images, {"type": "text", "text": prompts[0]}]
    messages: list[dict[str, Any]] = [{"role": "user", "content": first}]
    for turn, prompt in zip(question.history, prompts[1:], strict=True):
        messages += [
            {"role": "assistant", "content": turn.answer},
            {"role": "user", "content": prompt},
        ]
    return messages


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
