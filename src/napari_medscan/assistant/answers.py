"""Answers as they come, understood event by event or as a whole, in both protocols."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from napari_medscan.assistant.answer_text import harmless, parted
from napari_medscan.assistant.errors import AnswerError, IncompleteError, RefusedError
from napari_medscan.assistant.failures import ServerSaidError
from napari_medscan.assistant.providers import Protocol
from napari_medscan.assistant.transport import Response
from napari_medscan.dicom.elements.text import defuse

MAX_MODELS = 2000


@dataclass
class Answer:
    """What was understood of an answer so far.

    Parameters
    ----------
    protocol : Protocol
        How the service speaks.
    """

    protocol: Protocol
    pieces: list[str] = field(default_factory=list)
    stop: str = ""
    ended: bool = False

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.pieces)

    async def read(self, response: Response, on_text: Callable[[str], None]) -> None:
        """Read all of an answer, in one piece or many, and hand on each piece of its text.

        Raises
        ------
        AssistantError
            When it is not whole, or none.
        """
        if response.content_type == "text/event-stream":
            async with aclosing(response.events()) as events:
                async for data in events:
                    if text := self.event(data):
                        on_text(text)
                    if self.ended:
                        # The end was said: what the connection does now changes nothing.
                        break
        elif text := self.whole(await response.whole()):
            on_text(text)
        self.check_end()

    def event(self, data: str) -> str:
        """Take the data of one event of a stream, and return the text that it adds.

        Raises
        ------
        AnswerError
            When it is not of this protocol.
        ServerSaidError
            When it tells of an error.
        """
        if data.strip() == "[DONE]":
            return ""
        said = _object(data)
        is_chat = self.protocol is Protocol.CHAT
        return self._add(self._choice(said, "delta") if is_chat else self._message_event(said))

    def whole(self, data: bytes) -> str:
        """Take an answer that came in one piece, and return its text; raises as `event` does."""
        said = _object(data)
        if self.protocol is Protocol.MESSAGES:
            text = _content(said.get("content"))
            self.stop = _text(said.get("stop_reason"))
        else:
            text = self._choice(said, "message")
        self.ended = bool(self.stop)
        return self._add(text)

    def check_end(self) -> None:
        """Raise what is wrong with an answer after which nothing more comes.

        Raises
        ------
        IncompleteError
            When it has no end.
        RefusedError
            When the model or a filter refused.
        AnswerError
            When it is empty.
        """
        if not self.ended:
            raise IncompleteError("The answer is incomplete. Send again.")
        if self.stop in ("content_filter", "refusal"):
            raise RefusedError("The model refused to answer this question about this image.")
        if self.stop in ("length", "max_tokens"):
            raise IncompleteError("The answer reached the maximum length. Ask for a shorter one.")
        if not parted(self.text)[1].strip():
            raise AnswerError("The answer is empty. Rephrase the question or choose another model.")

    def _message_event(self, said: dict[str, Any]) -> str:
        delta = _dict(said.get("delta"))
        match said.get("type"):
            case "content_block_delta":
                return _text(delta.get("text"))
            case "message_delta":
                self.stop = _text(delta.get("stop_reason")) or self.stop
            case "message_stop":
                self.ended = True
        return ""

    def _choice(self, said: dict[str, Any], where: str) -> str:
        # None at the end, beside a count of tokens.
        choice = _dict(next(iter(_list(said.get("choices"))), None))
        message = _dict(choice.get(where))
        if _text(message.get("refusal")):
            self.stop = "refusal"
        if reason := _text(choice.get("finish_reason")):
            # "stop", also after a refusal.
            self.stop, self.ended = self.stop or reason, True
        return _content(message.get("content")) or _text(message.get("refusal"))

    def _add(self, text: str) -> str:
        text = harmless(text)
        if text:
            self.pieces.append(text)
        return text


def models_in(data: bytes) -> tuple[str, ...]:
    """Return the names in a list of models, of both protocols.

    Raises
    ------
    AnswerError
        When it is no such list.
    """
    try:
        listed = json.loads(data)["data"]
        names = [str(model["id"]) for model in listed[:MAX_MODELS]]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise AnswerError("The service cannot list its models. Enter the model name.") from None
    return tuple(dict.fromkeys(name[:200] for name in names if name == defuse(name)))


def _object(data: bytes | str) -> dict[str, Any]:
    """Return what a server says, unless that is an error."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise AnswerError(
            "The reply does not match the selected protocol. Check address and service."
        )
    if said.get("error") or said.get("type") == "error":
        raise ServerSaidError(json.dumps(said).encode())
    return said


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _content(value: object) -> str:
    """Return the text of a message: a string, or the parts of one (both protocols)."""
    parts = (part for part in _list(value) if isinstance(part, dict))
    texts = (_text(part.get("text")) for part in parts if part.get("type") == "text")
    return _text(value) or "".join(texts)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
