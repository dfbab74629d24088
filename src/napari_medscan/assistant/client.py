"""Sending: one request at a time, from a thread of its own, after consent and under audit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from napari_medscan.assistant import network
from napari_medscan.assistant.allowed_hosts import check_allowed
from napari_medscan.assistant.answers import Answer, models_in
from napari_medscan.assistant.audit import IMAGES, MODELS, Audit, Record
from napari_medscan.assistant.consent import Consent
from napari_medscan.assistant.errors import (
    AssistantError,
    MissingKeyError,
    NotSentError,
    TimedOutError,
)
from napari_medscan.assistant.hosts import Endpoint
from napari_medscan.assistant.keys import Key, Keys
from napari_medscan.assistant.providers import Provider
from napari_medscan.assistant.requests import ModelsRequest, Question, Request
from napari_medscan.assistant.transport import Limits, Response, exchange

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a send ended: the answer as far as it came, or the models that were asked for."""

    text: str = ""
    models: tuple[str, ...] = ()
    error: AssistantError | None = None
    is_canceled: bool = False

    @property
    def word(self) -> str:
        """What the audit says."""
        if self.is_canceled:
            return "canceled"
        return self.error.outcome if self.error else "answered"


_Read = Callable[[Response], Coroutine[Any, Any, Outcome]]
"""Takes an answer apart."""
_OnEnd = Callable[[Outcome], object]
"""Is told how a request ended."""


class Sending:
    """A request on its way.

    Attributes
    ----------
    is_canceled : bool
        Whether the user stopped it.
    is_over : bool
        Whether its connection is closed, and another may begin.
    ended : threading.Event
        Set when its connection is closed and the audit says how it ended.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._task: asyncio.Task[None] | None = None
        self.is_canceled = False
        self.is_over = False
        self.ended = threading.Event()

    def cancel(self) -> None:
        """Stop it, wherever it is; returns at once."""
        self.is_canceled = True
        with contextlib.suppress(RuntimeError):  # the loop is closed, and all has ended
            self._loop.call_soon_threadsafe(self._cancel)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin; for the loop's thread."""
        self._task = self._loop.create_task(work)
        self._task.add_done_callback(lambda _: self.ended.set())

    async def closed(self) -> None:
        """Wait until it has ended; for the loop's thread."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def _cancel(self) -> None:
        if self._task is not None:
            # Not at once: a task that is canceled before its first step never says that it ended.
            self._loop.call_soon(self._task.cancel)


class Client:
    """What sends; made once, and its thread begun by the first send.

    Parameters
    ----------
    keys : Keys
        Where keys are found.
    audit : Audit
        Where each send is written down; what cannot be written down is not sent.
    limits : Limits, optional
        How long to wait for what.
    """

    def __init__(self, keys: Keys, audit: Audit, limits: Limits | None = None) -> None:
        self.keys = keys
        self.audit = audit
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._last: Sending | None = None

    def send(
        self,
        question: Question,
        consent: Consent,
        *,
        on_text: Callable[[str], None],
        on_end: Callable[[Outcome], object],
    ) -> Sending:
        """Send a question that the user consented to.

        Parameters
        ----------
        question, consent : Question, Consent
            What to send, and the consent to exactly that, which is used up.
        on_text, on_end : callable
            Take each piece of the answer, and the outcome, once, on the client's thread.

        Raises
        ------
        NotSentError
            When it must not be sent: nothing was.
        """
        self._check(question.endpoint)
        consent.spend(question)
        record = Record(
            IMAGES,
            question.endpoint.shown,
            question.model,
            sum(len(image.data) for image in question.images),
            " ".join(image.sha256 for image in question.images),
        )
        answer = Answer(question.provider.protocol)

        async def read(response: Response) -> Outcome:
            await answer.read(response, on_text)
            return Outcome()

        def end(outcome: Outcome) -> None:
            on_end(replace(outcome, text=answer.text))

        return self._begin(question, record, read, end)

    def list_models(
        self, request: ModelsRequest, *, on_end: Callable[[Outcome], object]
    ) -> Sending:
        """Ask a service for its models, which also tests connection and key; as `send`.

        No image and no word of the user goes there; the audit has it all the same.
        """
        self._check(request.endpoint)

        async def read(response: Response) -> Outcome:
            return Outcome(models=models_in(await response.whole()))

        return self._begin(request, Record(MODELS, request.endpoint.shown), read, on_end)

    def close(self) -> None:
        """Cancel what is on its way and end the thread; a later send begins another."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = self._last = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=2)

    def _check(self, endpoint: Endpoint) -> None:
        """Refuse an address that is not allowed, and a second request beside another."""
        check_allowed(endpoint)
        last = self._last
        if last is not None and not last.is_canceled and not last.is_over:
            raise NotSentError("Waiting for an answer.")

    def _begin(self, request: Request, record: Record, read: _Read, on_end: _OnEnd) -> Sending:
        with self._lock:
            if self._loop is None:
                # The selector loop everywhere: Windows' other one connects past the audit hook.
                self._loop = asyncio.SelectorEventLoop()
                self._thread = threading.Thread(
                    target=_run, args=(self._loop,), name="medscan-assistant", daemon=True
                )
                self._thread.start()
            loop, before = self._loop, self._last
            sending = self._last = Sending(loop)

        async def work() -> None:
            outcome = await self._exchange(request, record, read, before)
            # Before it is told: who hears of it may send again at once.
            sending.is_over = True
            on_end(outcome)

        loop.call_soon_threadsafe(sending.start, work())
        return sending

    async def _exchange(
        self, request: Request, record: Record, read: _Read, before: Sending | None
    ) -> Outcome:
        """Do one exchange from key to audit; ends well, whatever happens."""
        is_begun = False
        try:
            if before is not None:
                await before.closed()  # it was canceled: one image at a time
            key = await self._key(request.provider, request.endpoint)
            self._write_down(record)
            is_begun = True
            async with (
                asyncio.timeout(self._limits.total),
                exchange(request, key, self._limits) as response,
            ):
                outcome = await read(response)
        except asyncio.CancelledError:
            outcome = Outcome(is_canceled=True)
        except TimeoutError:
            text = (
                f"The answer took more than {self._limits.total:g} seconds. Ask for a shorter one."
            )
            outcome = Outcome(error=TimedOutError(text))
        except AssistantError as error:
            outcome = Outcome(error=error)
        except Exception as error:  # noqa: BLE001 - the user must not wait forever
            # Its text stays out: it may quote the request.
            _LOG.error("the assistant failed: %s", type(error).__name__)
            outcome = Outcome(error=AssistantError("Internal error. Try again."))
        if is_begun:
            with contextlib.suppress(OSError):  # it stays as one that was not finished
                self.audit.end(record, outcome.word)
        return outcome

    async def _key(self, provider: Provider, endpoint: Endpoint) -> Key | None:
        loop = asyncio.get_running_loop()
        key = await loop.run_in_executor(None, self.keys.find, provider, endpoint)
        if key is None and provider.needs_key:
            variable = f", or set {provider.key_variable}" if provider.key_variable else ""
            raise MissingKeyError(f"{provider.name} requires a key. Enter one{variable}.")
        return key

    def _write_down(self, record: Record) -> None:
        try:
            self.audit.begin(record)
        except OSError:
            raise NotSentError(
                "Nothing was sent, because the audit log cannot be written. Check disk space and "
                "the permissions of the user data folder."
            ) from None


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """Be the client's thread."""
    resolver = network.NameResolver(4, "medscan-assistant")
    loop.set_default_executor(resolver)
    try:
        loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        resolver.shutdown(wait=False)
        loop.close()
