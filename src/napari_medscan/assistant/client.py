"""client (being written)"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .audit import Audit
from .consent import Consent
from .errors import AssistantError
from .hosts import Endpoint
from .keys import Keys
from .providers import Provider
from .requests import Question


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much to wait for (seconds, bytes)."""

    connect: float = 10
    first_byte: float = 120
    stall: float = 30
    total: float = 600
    answer_bytes: int = 2**20


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a sending ended."""

    text: str = ""
    error: AssistantError | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Models:
    """What "Test connection" found."""

    names: tuple[str, ...] = ()
    error: AssistantError | None = None


class Sending:
    """A request on its way."""

    def cancel(self) -> None:
        """Stop it; returns at once, and the connection is closed within 100 ms."""


class Client:
    """Sends questions from a thread of its own."""

    def __init__(self, keys: Keys, audit: Audit, limits: Limits = Limits()) -> None: ...  # noqa: B008

    def send(
        self,
        question: Question,
        consent: Consent,
        *,
        on_text: Callable[[str], None],
        on_end: Callable[[Outcome], None],
    ) -> Sending:
        """Send a question that the user consented to (raises NotSentError; nothing is sent)."""

    def list_models(
        self,
        provider: Provider,
        endpoint: Endpoint,
        *,
        on_end: Callable[[Models], None],
        through_proxy: bool = False,
    ) -> Sending:
        """Ask a service for its models ("Test connection"); no picture is sent."""

    def close(self) -> None:
        """Stop all and end the thread."""
