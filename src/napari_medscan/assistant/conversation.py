"""Questions and answers on one picture: the state machine that the dock drives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol as Interface

from .client import Client, Sending
from .consent import Preview
from .errors import AssistantError, BusyError, IncompleteError
from .hosts import Endpoint
from .providers import Provider
from .requests import Question, Turn


class State(StrEnum):
    """Where a conversation is."""

    IDLE = "idle"
    SENDING = "sending"
    STREAMING = "streaming"
    DONE = "done"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_busy(self) -> bool:
        """Whether an answer is on its way."""
        return self in (State.SENDING, State.STREAMING)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and what came of it.

    Parameters
    ----------
    prompt, answer : str
        Plain text; the answer so far.
    picture_sha256 : str
        The picture that it is about.
    host, model : str
        Who was asked.
    asked : datetime
        When, in UTC.
    state : State
        How far it is.
    error : AssistantError or None
        Why it failed or is incomplete: its text is for the user, `detail` is the server's word,
        `again_at` when "Send again" makes sense.
    """

    prompt: str
    picture_sha256: str
    host: str
    model: str
    asked: datetime = field(default_factory=lambda: datetime.now(UTC))
    answer: str = ""
    state: State = State.SENDING
    error: AssistantError | None = None


class Listener(Interface):
    """What a conversation tells, on the worker's thread: hand it to the GUI's own."""

    def __call__(self, exchange: Exchange) -> None:
        """Take the newest state of the newest exchange."""


class Conversation:
    """Questions and answers of this session; those on one picture follow each other.

    All methods are for one thread (the GUI's) and return at once.

    Parameters
    ----------
    client : Client
        What sends.
    listener : callable
        Called on the worker's thread with an `Exchange` at each change; what comes after
        `cancel` or `close` is dropped.
    """

    def __init__(self, client: Client, listener: Callable[[Exchange], None]) -> None:
        self._client = client
        self._listener = listener
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._questions: list[Question] = []
        self._sending: Sending | None = None
        self._number = 0

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All of this session, the newest last."""

    @property
    def state(self) -> State:
        """Where the newest is, IDLE when there is none."""

    def question(
        self,
        provider: Provider,
        endpoint: Endpoint,
        *,
        model: str,
        jpeg: bytes,
        prompt: str,
        through_proxy: bool = False,
    ) -> Question:
        """Return what would be sent, with earlier turns when they are about this picture."""

    def send(self, preview: Preview) -> None:
        """Send what was previewed; the user pressed Send (raises NotSentError, nothing sent)."""

    def cancel(self) -> None:
        """Stop the answer; CANCELLED at once."""

    def forget(self) -> None:
        """Begin anew: no earlier turn is sent again."""

    def close(self) -> None:
        """Cancel and tell no more."""
