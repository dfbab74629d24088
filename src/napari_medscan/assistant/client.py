"""Sending: one request at a time, from a thread of its own, after consent and under audit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from . import network
from .allowed import check_allowed
from .answers import models_in, read_answer
from .audit import MODELS, PICTURE, Audit, Record, new_record
from .consent import Consent
from .errors import (
    AssistantError,
    BusyError,
    MissingKeyError,
    NotSentError,
    TimedOutError,
)
from .hosts import Endpoint
from .keys import Key, Keys
from .providers import Provider
from .requests import Question
from .streaming import Answer
from .transport import Limits, Response, exchange
from .wire import Request

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a send ended.

    Parameters
    ----------
    text : str
        The answer as far as it came.
    models : tuple of str
        The models, when they were asked for.
    error : AssistantError or None
        What went wrong.
    is_cancelled : bool
        Whether the user stopped it.
    """

    text: str = ""
    models: tuple[str, ...] = ()
    error: AssistantError | None = None
    is_cancelled: bool = False

    @property
    def word(self) -> str:
        """What the audit says."""
        if self.is_cancelled:
            return "cancelled"
        return self.error.outcome if self.error else "answered"


_Read = Callable[[Response], Coroutine[Any, Any, Outcome]]
"""Takes an answer apart."""
_OnEnd = Callable[[Outcome], None]
"""Is told how a request ended."""


class Sending:
    """A request on its way.

    Attributes
    ----------
    is_cancelled : bool
        Whether the user stopped it.
    is_over : bool
        Whether its connection is closed, and another may begin.
    ended : threading.Event
        Set when its connection is closed and the audit says how it ended.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._task: asyncio.Task[None] | None = None
        self.is_cancelled = False
        self.is_over = False
        self.ended = threading.Event()

    def cancel(self) -> None:
        """Stop it, wherever it is; returns at once."""
        self.is_cancelled = True
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
            # Not at once: a task that is cancelled before its first step never says that it ended.
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
        on_end: Callable[[Outcome], None],
    ) -> Sending:
        """Send a question that the user consented to.

        Parameters
        ----------
        question : Question
            What to send.
        consent : Consent
            To exactly that; it is used up.
        on_text : callable
            Takes each piece of the answer, on the client's thread.
        on_end : callable
            Takes the outcome, once, on the client's thread.

        Raises
        ------
        NotSentError
            When it must not be sent: nothing was.
        """
        check_allowed(question.endpoint)
        self._check_free()
        consent.spend(question)
        request = Request(
            "POST",
            question.url,
            question.endpoint,
            question.provider,
            question.body,
            question.through_proxy,
        )
        record = new_record(
            PICTURE,
            question.endpoint.shown,
            question.model,
            sum(len(image.data) for image in question.images),
            " ".join(image.sha256 for image in question.images),
        )
        answer = Answer(question.provider.protocol)

        async def read(response: Response) -> Outcome:
            await read_answer(response, answer, on_text)
            return Outcome(answer.text)

        def end(outcome: Outcome) -> None:
            on_end(Outcome(answer.text, (), outcome.error, outcome.is_cancelled))

        return self._begin(request, record, read, end)

    def list_models(
        self,
        provider: Provider,
        endpoint: Endpoint,
        *,
        on_end: Callable[[Outcome], None],
        through_proxy: bool = False,
    ) -> Sending:
        """Ask a service for its models, which also tests connection and key.

        No picture and no word of the user goes there; the audit has it all the same.

        Parameters
        ----------
        provider, endpoint : Provider, Endpoint
            Whom to ask.
        on_end : callable
            Takes the outcome, with `models`, once, on the client's thread.
        through_proxy : bool
            Whether the system's proxy may carry it.

        Raises
        ------
        NotSentError
            When it must not be asked.
        """
        check_allowed(endpoint)
        self._check_free()
        url = endpoint.url("/models")
        request = Request("GET", url, endpoint, provider, b"", through_proxy)

        async def read(response: Response) -> Outcome:
            return Outcome(models=models_in(await response.whole()))

        return self._begin(request, new_record(MODELS, endpoint.shown), read, on_end)

    def close(self) -> None:
        """Cancel what is on its way and end the thread; a later send begins another."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = self._last = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=2)

    def _check_free(self) -> None:
        last = self._last
        if last is not None and not last.is_cancelled and not last.is_over:
            raise BusyError("Waiting for an answer.")

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
                await before.closed()  # it was cancelled: one picture at a time
            key = await self._key(request.provider, request.endpoint)
            self._write_down(record)
            is_begun = True
            async with (
                asyncio.timeout(self._limits.total),
                exchange(request, key, self._limits) as response,
            ):
                outcome = await read(response)
        except asyncio.CancelledError:
            outcome = Outcome(is_cancelled=True)
        except TimeoutError:
            total = f"{self._limits.total:g} seconds"
            outcome = Outcome(
                error=TimedOutError(f"The answer took more than {total}. Ask for a shorter one.")
            )
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
    line = network.Line()
    network.this_thread_sends(line)
    # It looks names up, for the assistant too.
    executor = ThreadPoolExecutor(
        4, "medscan-assistant", initializer=network.this_thread_sends, initargs=(line,)
    )
    loop.set_default_executor(executor)
    try:
        loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        executor.shutdown(wait=False)
        loop.close()
