"""Questions and answers on one image: the state machine that the dock drives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from napari_medscan.assistant.answer_text import parted
from napari_medscan.assistant.client import Client, Outcome, Sending
from napari_medscan.assistant.consent import Consent
from napari_medscan.assistant.errors import AssistantError, NotSentError
from napari_medscan.assistant.hosts import Endpoint
from napari_medscan.assistant.requests import Question, Turn

MIN_INTERVAL = 0.05
"""Seconds between two pieces of a streamed answer that are told."""


class State(StrEnum):
    """Where a conversation is."""

    IDLE = "idle"
    SENDING = "sending"
    STREAMING = "streaming"
    DONE = "done"
    INCOMPLETE = "incomplete"
    CANCELED = "canceled"
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
    sha256 : str
        `Question.sha256` of the images that it is about.
    endpoint, model : Endpoint, str
        Who was asked.
    asked : datetime
        When, in UTC.
    state : State
        How far it is.
    about : str
        What the images are of, for the user.
    error : AssistantError or None
        Why it failed or is incomplete: its text is for the user, `detail` is the server's word,
        `again_at` when "Send again" makes sense.
    """

    prompt: str
    sha256: str
    endpoint: Endpoint
    model: str
    asked: datetime = field(default_factory=lambda: datetime.now(UTC))
    answer: str = ""
    state: State = State.SENDING
    about: str = ""
    error: AssistantError | None = None

    @property
    def host(self) -> str:
        """Who was asked, for the user."""
        return self.endpoint.shown

    @property
    def note(self) -> str:
        """The answer as Markdown, to be saved when the user asks for it.

        The question stays out: it may hold what the user knows about the patient.
        """
        lines = [
            "**Written by a language model. Not for diagnosis.**\n",
            f"- image: SHA-256 `{self.sha256}`",
            f"- model: {self.model.replace('`', '')} ({self.host})",
            f"- asked: {self.asked:%Y-%m-%d %H:%M} UTC",
            "" if self.state is State.DONE else "- the answer is incomplete\n",
            self.said.strip(),
        ]
        return "\n".join([*lines, ""])

    @property
    def reasoning(self) -> str:
        """What the model thought aloud before its answer, '' without any."""
        return parted(self.answer)[0]

    @property
    def said(self) -> str:
        """The answer without the reasoning before it."""
        return parted(self.answer)[1]


class Conversation:
    """The questions and answers of a session; those on the same images follow each other.

    For one thread, the GUI's; each method returns at once.

    Parameters
    ----------
    client : Client
        What sends.
    listener : callable
        Called with the newest `Exchange` at each change of it, mostly on the client's thread: emit
        a signal and wait for nothing. After `cancel` and `close`, nothing of the old answer comes
        any more.
    """

    def __init__(self, client: Client, listener: Callable[[Exchange], object]) -> None:
        self._client = client
        self._listener = listener
        self._lock = threading.RLock()
        self._exchanges: list[Exchange] = []
        self._forgotten = 0
        self._sending: Sending | None = None
        self._number = 0
        self._pieces: list[str] = []
        self._told = 0.0

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All of this session, the newest last."""
        with self._lock:
            return tuple(self._exchanges)

    @property
    def state(self) -> State:
        """Where the newest is; `State.IDLE` when there is none."""
        with self._lock:
            return self._exchanges[-1].state if self._exchanges else State.IDLE

    def continued(self, question: Question) -> Question:
        """Return a question with the earlier turns on its images with its service."""
        turns: list[Turn] = []
        with self._lock:
            for exchange in reversed(self._exchanges[self._forgotten :]):
                # The whole address: behind one host, a gateway has services that are strangers.
                if (exchange.sha256, exchange.endpoint) != (question.sha256, question.endpoint):
                    break
                if exchange.state is State.DONE:
                    turns.insert(0, Turn(exchange.prompt, exchange.said))
        return replace(question, history=tuple(turns))

    def send(self, question: Question, consent: Consent, about: str = "") -> None:
        """Send what was previewed, because the user pressed Send; `about` as in `Exchange`.

        Raises
        ------
        NotSentError
            When it must not be sent; nothing was, and the state stays.
        """
        exchange = Exchange(
            question.prompt, question.sha256, question.endpoint, question.model, about=about
        )
        with self._lock:
            if self.state.is_busy:
                raise NotSentError("Waiting for an answer.")
            number = self._number + 1
            self._sending = self._client.send(
                question,
                consent,
                on_text=lambda text: self._on_text(number, text),
                on_end=lambda outcome: self._on_end(number, outcome),
            )
            self._number, self._pieces, self._told = number, [], 0.0
            self._exchanges.append(exchange)
            self._listener(exchange)

    def cancel(self) -> None:
        """Stop the answer; the state is `State.CANCELED` at once, with what came so far."""
        with self._lock:
            if self._sending is None or not self.state.is_busy:
                return
            self._sending.cancel()
            self._number += 1
            self._change(state=State.CANCELED)

    def forget(self) -> None:
        """Begin anew: earlier turns are not sent again."""
        with self._lock:
            self._forgotten = len(self._exchanges)

    def close(self) -> None:
        """Cancel, and tell nothing any more."""
        self._listener = lambda _: None
        self.cancel()

    def _on_text(self, number: int, text: str) -> None:
        with self._lock:
            if number != self._number:
                return
            self._pieces.append(text)
            now = time.monotonic()
            # Often enough for the eye: a stream of single letters would keep the GUI busy.
            if now - self._told < MIN_INTERVAL:
                return
            self._told = now
            self._change(state=State.STREAMING)

    def _on_end(self, number: int, outcome: Outcome) -> None:
        with self._lock:
            if number != self._number:
                return
            state = State.DONE
            if outcome.is_canceled:
                state = State.CANCELED
            elif outcome.error is not None:
                state = State.INCOMPLETE if outcome.text else State.FAILED
            self._change(state=state, error=outcome.error)

    def _change(self, *, state: State, error: AssistantError | None = None) -> None:
        answer = "".join(self._pieces)
        exchange = replace(self._exchanges[-1], answer=answer, state=state, error=error)
        self._exchanges[-1] = exchange
        # Under the lock, so that what is told last is what is.
        self._listener(exchange)
