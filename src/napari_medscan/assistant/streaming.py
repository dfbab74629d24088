"""Answers as they come, understood event by event, in both protocols."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .answer_text import harmless, parted
from .errors import AnswerError, AssistantError, IncompleteError, RefusedError
from .providers import Protocol


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
        _raise_error(said)
        if self.protocol is Protocol.MESSAGES:
            text = self._message_event(said)
        else:
            text = self._choice(said, "delta")
        return self._add(text)

    def whole(self, data: bytes) -> str:
        """Take an answer that came in one piece, and return its text; raises as `event` does."""
        said = _object(data)
        _raise_error(said)
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
        delta = said.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        match said.get("type"):
            case "content_block_delta":
                return _text(delta.get("text"))
            case "message_delta":
                self.stop = _text(delta.get("stop_reason")) or self.stop
            case "message_stop":
                self.ended = True
        return ""

    def _choice(self, said: dict[str, Any], where: str) -> str:
        choices = _list(said.get("choices"))
        if not choices:
            return ""  # a count of tokens, at the end
        choice = choices[0] if isinstance(choices[0], dict) else {}
        message = choice.get(where)
        message = message if isinstance(message, dict) else {}
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


class ServerSaidError(AssistantError):
    """An error that the server tells of, as it came; transport.py gives it its sentence.

    Parameters
    ----------
    kind : str
        The server's word for the kind of error.
    detail : str
        What it says, which may hold the key.
    status : int
        Of HTTP; 0 when it is told within an answer.
    """

    def __init__(self, kind: str, detail: str, status: int = 0) -> None:
        super().__init__("The server reported an error.", detail)
        self.kind = kind
        self.status = status


def error_in(data: bytes) -> tuple[str, str]:
    """Return the kind and the message of a server's error, each empty when it has none."""
    try:
        said = _object(data)
    except AnswerError:
        return "", ""
    # "error" is OpenAI's and Anthropic's, "detail" FastAPI's (vLLM), "message" a proxy's.
    error = said.get("error", said)
    if isinstance(error, str):
        return "", error
    if not isinstance(error, dict):
        return "", ""
    kind = " ".join(_text(error.get(key)) for key in ("type", "code")).strip()
    return kind, _text(error.get("message")) or _text(error.get("detail"))


def _raise_error(said: dict[str, Any]) -> None:
    if said.get("error") or said.get("type") == "error":
        raise ServerSaidError(*error_in(json.dumps(said).encode()))


def _object(data: bytes | str) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise AnswerError(
            "The reply does not match the selected protocol. Check address and service."
        )
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
