"""What is asked, and the exact bytes that ask it, in the words of each protocol."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from napari_medscan.privacy.jpeg import MAX_BYTES

from .errors import PictureError
from .hosts import Endpoint
from .providers import Protocol, Provider, no_storage_at

MAX_TOKENS = 2048
"""Longest answer asked of Anthropic's protocol, which wants a number."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question on the same picture that was answered before."""

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
    jpeg : bytes
        The picture, as `privacy` made it. That it holds nothing else is checked again when it is
        sent.
    prompt : str
        What the user asks.
    history : tuple of Turn
        What was asked and answered on this picture before: neither protocol remembers, so the
        picture and all turns are sent again with each question.
    through_proxy : bool
        Whether the user lets the system's proxy carry it; never on this computer.
    stream : bool
        Whether the answer is to come piece by piece.

    Raises
    ------
    PictureError
        When the bytes are no JPEG or too many.
    """

    provider: Provider
    endpoint: Endpoint
    model: str
    jpeg: bytes
    prompt: str
    history: tuple[Turn, ...] = ()
    through_proxy: bool = False
    stream: bool = True

    def __post_init__(self) -> None:
        if not self.jpeg.startswith(b"\xff\xd8\xff") or not self.jpeg.endswith(b"\xff\xd9"):
            raise PictureError("The image is not a valid JPEG. Make a new preview.")
        if len(self.jpeg) > MAX_BYTES:
            raise PictureError("The image exceeds 3.75 MB. Reduce its size.")

    def __repr__(self) -> str:
        # Neither prompt nor answers may reach a log.
        return f"<Question to {self.endpoint.shown}, picture {self.picture_sha256[:12]}>"

    @cached_property
    def picture_sha256(self) -> str:
        """SHA-256 of the JPEG, as hexadecimal digits: what an answer is tied to."""
        return hashlib.sha256(self.jpeg).hexdigest()

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
        """SHA-256 of all there is to agree to: address, way, picture, words, model."""
        way = "proxy" if self.through_proxy else "direct"
        return hashlib.sha256(f"POST {self.url} {way}\n".encode() + self.body).hexdigest()

    @property
    def text(self) -> str:
        """All words that are sent besides the picture, for the preview."""
        lines = [f"You: {t.prompt}\n\nModel: {t.answer}\n\n" for t in self.history]
        return "".join(lines) + (f"You: {self.prompt}" if lines else self.prompt)


def chat_body(question: Question) -> dict[str, Any]:
    """Return the body of OpenAI's chat completions, which most servers speak."""
    url = "data:image/jpeg;base64," + _base64(question.jpeg)
    picture = {"type": "image_url", "image_url": {"url": url}}
    return {
        "model": question.model,
        "messages": _messages(question, picture),
        "stream": question.stream,
    }


def messages_body(question: Question) -> dict[str, Any]:
    """Return the body of Anthropic's messages."""
    source = {"type": "base64", "media_type": "image/jpeg", "data": _base64(question.jpeg)}
    return {
        "model": question.model,
        "max_tokens": MAX_TOKENS,
        "messages": _messages(question, {"type": "image", "source": source}),
        "stream": question.stream,
    }


def _messages(question: Question, picture: dict[str, Any]) -> list[dict[str, Any]]:
    prompts = [*(turn.prompt for turn in question.history), question.prompt]
    first = [picture, {"type": "text", "text": prompts[0]}]
    messages: list[dict[str, Any]] = [{"role": "user", "content": first}]
    for turn, prompt in zip(question.history, prompts[1:], strict=True):
        messages += [
            {"role": "assistant", "content": turn.answer},
            {"role": "user", "content": prompt},
        ]
    return messages


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
