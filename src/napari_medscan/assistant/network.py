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
from contextlib import contextmanager
from dataclasses import dataclass

from .errors import AddressError
from .hosts import Endpoint, is_loopback, refuse_address

_WITH_SOCKET = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
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

    @property
    def is_look_up(self) -> bool:
        """Whether only a name is looked up."""
        return self.event in _LOOK_UPS


@dataclass(frozen=True, slots=True)
class Usage:
    """What was counted since watching began.

    Parameters
    ----------
    expected : int
        Sends of the assistant that made a connection.
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
        times = "once" if self.expected == 1 else f"{self.expected} times"
        said = f"used {times} (see the audit)" if self.expected else "not used by the assistant"
        if self.unexpected:
            count = "once" if self.unexpected == 1 else f"{self.unexpected} times"
            said += f"; used {count} by other code in napari"
        return f"Network: {said}"


class Ticket:
    """Leave for one send to use the network, and what it may reach.

    Parameters
    ----------
    endpoint : Endpoint
        The service that was agreed to.
    through_proxy : bool
        Whether a proxy stands in between; what it is called is up to the system.
    """

    def __init__(self, endpoint: Endpoint, *, through_proxy: bool = False) -> None:
        self._endpoint = endpoint
        self._through_proxy = through_proxy
        self.refused: AddressError | None = None
        self.has_connected = False

    def check(self, address: str) -> None:
        """Refuse an address that the name of the service stands for and must not.

        Raises
        ------
        ConnectionRefusedError
            As the system would; the reason is in `refused`.
        """
        if self._through_proxy:
            return  # where that is, is up to the system
        try:
            refuse_address(address)
        except AddressError as error:
            self.refused = error
        if self._endpoint.is_loopback and not is_loopback(address):
            self.refused = AddressError("The name localhost does not stand for this computer here.")
        if self.refused is not None:
            raise ConnectionRefusedError


class _Watch:
    """What the hook knows; there is one of it in a process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_installed = False
        self.counting = False
        self.expected = 0
        self.unexpected = 0
        self.ticket: Ticket | None = None
        self.thread = threading.local()
        self.observers: tuple[Callable[[Attempt], None], ...] = ()

    def install(self) -> None:
        with self.lock:
            if not self.is_installed:
                sys.addaudithook(_hook)
                self.is_installed = True

    def note(self, attempt: Attempt) -> None:
        if attempt.is_expected and self.ticket is not None:
            if attempt.event == "socket.connect":
                self.ticket.check(attempt.host)
                if not self.ticket.has_connected:
                    self.ticket.has_connected = True
                    self.expected += 1
        elif self.counting and not attempt.is_local:
            with self.lock:
                self.unexpected += 1
        for observer in self.observers:
            observer(attempt)


_watch = _Watch()


def _hook(event: str, args: tuple[object, ...]) -> None:
    if event not in _EVENTS:
        return
    host = _host(event, args)
    if host is not None:
        is_expected = _watch.ticket is not None and getattr(_watch.thread, "is_ours", False)
        _watch.note(Attempt(event, host, is_expected))


def _host(event: str, args: tuple[object, ...]) -> str | None:
    """Return whom an event is about, None when it is not about the network."""
    if event in _WITH_SOCKET:
        family = getattr(args[0], "family", None)
        if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(args[1], tuple):
            return None
        return str(args[1][0])
    host = args[0]
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or not host or _is_address(host):
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


def this_thread_sends() -> None:
    """Say that this thread connects for the assistant, while there is a ticket."""
    _watch.thread.is_ours = True


@contextmanager
def sending(ticket: Ticket) -> Iterator[None]:
    """Expect the connections of one send; there is one send at a time."""
    _watch.install()
    _watch.ticket = ticket
    try:
        yield
    finally:
        _watch.ticket = None


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
