"""Watching this process for connections: what was expected, and what was not.

One audit hook (PEP 578) sees every connection and every look-up of a name that Python code
makes, whoever makes it. A hook cannot be removed: it costs one comparison for other events, and
is put in place by the first who watches. Sockets of the system (AF_UNIX: X11, D-Bus) are no
network; nor is this computer, unless the assistant asks a model there.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any

from napari_medscan.assistant.errors import AddressError
from napari_medscan.assistant.hosts import Endpoint, is_loopback, refuse_address

_WITH_SOCKET = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_BY_NAME = {"socket.getaddrinfo", "socket.gethostbyname"}
_LOOK_UPS = _BY_NAME | {"socket.gethostbyaddr", "socket.getnameinfo"}
_EVENTS = _WITH_SOCKET | _LOOK_UPS


@dataclass(frozen=True, slots=True)
class Attempt:
    """A connection, a datagram or a look-up of a name, about to be made.

    Parameters
    ----------
    event : str
        The audit event, such as "socket.connect".
    host : str
        Name or IP address.
    is_expected : bool
        Whether the assistant makes it, within a send.
    """

    event: str
    host: str
    is_expected: bool

    @property
    def is_local(self) -> bool:
        """Whether it stays on this computer."""
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class Usage:
    """What was counted since watching began.

    Parameters
    ----------
    expected : int
        Sends of the assistant that looked a name up or connected.
    unexpected : int
        Connections and look-ups of anything else in this process.
    """

    expected: int = 0
    unexpected: int = 0

    @property
    def text(self) -> str:
        """The sentence of the dock."""
        if not self.expected and not self.unexpected:
            return "Network: not used in this session"
        said = "not used by the assistant"
        if self.expected:
            said = f"used {_times(self.expected)} (see audit log)"
        if self.unexpected:
            said += f"; used {_times(self.unexpected)} by other code in napari"
        return f"Network: {said}"


class Ticket:
    """Leave for one send to use the network, and to reach the service that was agreed to.

    Attributes
    ----------
    through_proxy : bool
        Whether a proxy stands in between; where that is, is up to the system.
    refused : AddressError or None
        Why a connection was refused.
    is_counted : bool
        Whether it was counted: at the first thing that it was used for, a look-up too.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.through_proxy = False
        self.refused: AddressError | None = None
        self.is_counted = False

    def check(self, address: str) -> None:
        """Refuse an address that the name of the service stands for and must not.

        Raises ConnectionRefusedError, as the system would; the reason is in `refused`.
        """
        if self.through_proxy:
            return
        try:
            refuse_address(address)
        except AddressError as error:
            self.refused = error
        if self._endpoint.is_loopback and not is_loopback(address):
            self.refused = AddressError("The name localhost does not resolve to this computer.")
        if self.refused is not None:
            raise ConnectionRefusedError


_ticket: ContextVar[Ticket | None] = ContextVar("ticket", default=None)
"""Of the send that the current context is a part of."""


class NameResolver(ThreadPoolExecutor):
    """Threads that look names up for an event loop, as a part of the send that asks them to."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401
        """Run a function with the caller's ticket."""
        return super().submit(copy_context().run, fn, *args, **kwargs)


class _Watch:
    """What the hook knows; there is one of it in a process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_installed = False
        self.counting = False
        self.expected = 0
        self.unexpected = 0
        self.observers: tuple[Callable[[Attempt], None], ...] = ()

    def install(self) -> None:
        with self.lock:
            if not self.is_installed:
                sys.addaudithook(_hook)
                self.is_installed = True

    def note(self, attempt: Attempt, ticket: Ticket | None) -> None:
        with self.lock:
            if ticket is not None:
                self.expected += not ticket.is_counted
                ticket.is_counted = True
            elif self.counting and not attempt.is_local:
                self.unexpected += 1
        if ticket is not None and attempt.event == "socket.connect":
            ticket.check(attempt.host)
        for observer in self.observers:
            observer(attempt)


_watch = _Watch()


def _hook(event: str, args: tuple[object, ...]) -> None:
    if event not in _EVENTS:
        return
    host = _host(event, args)
    if host is not None:
        ticket = _ticket.get()
        _watch.note(Attempt(event, host, ticket is not None), ticket)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _host(event: str, args: tuple[object, ...]) -> str | None:
    """Return whom an event is about, None when it is not about the network."""
    if event in _WITH_SOCKET:
        family = getattr(args[0], "family", None)
        if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(args[1], tuple):
            return None
        return str(args[1][0])
    host = args[0]
    if event == "socket.getnameinfo" and isinstance(host, tuple) and host:
        host = host[0]
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    # An address needs no look-up to be reached, but its name is asked of a server.
    if not isinstance(host, str) or not host or (event in _BY_NAME and _is_address(host)):
        return None
    return host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def watch() -> None:
    """Begin to count; later calls change nothing."""
    _watch.counting = True
    _watch.install()


def usage() -> Usage:
    """Return what was counted since `watch`."""
    return Usage(_watch.expected, _watch.unexpected)


@contextmanager
def sending(ticket: Ticket) -> Iterator[None]:
    """Expect what this context connects to; another client's send has a context of its own."""
    _watch.install()
    _ticket.set(ticket)
    try:
        yield
    finally:
        _ticket.set(None)


@contextmanager
def observing(observer: Callable[[Attempt], None]) -> Iterator[None]:
    """Have every attempt told to a function, on its thread; by raising it forbids the attempt."""
    _watch.install()
    with _watch.lock:
        _watch.observers = (*_watch.observers, observer)
    try:
        yield
    finally:
        with _watch.lock:
            _watch.observers = tuple(o for o in _watch.observers if o is not observer)
