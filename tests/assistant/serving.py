"""A server of raw bytes, and what a test sends to it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Self

import numpy as np

from napari_medscan.assistant.consent import Consent, consent_to
from napari_medscan.assistant.hosts import parse
from napari_medscan.assistant.providers import PROVIDERS, provider
from napari_medscan.assistant.requests import Question
from napari_medscan.privacy.gate import Gate
from napari_medscan.privacy.jpeg import encode
from napari_medscan.privacy.sealed_image import SealedImage

Handler = Callable[[socket.socket], None]
CHAT = provider("compatible")
MESSAGES = provider("compatible-messages")
KEY = "sk-canary-0123456789"
PATIENCE = 120.0
"""Seconds that a busy computer may take for anything: no test that passes waits for so long."""


def jpeg(seed: int = 0, size: int = 48) -> bytes:
    """Return an image; another for another seed."""
    shades = np.random.default_rng(seed).integers(0, 255, (size, size, 1), dtype=np.uint8)
    return encode(np.repeat(shades, 3, axis=2))


def image(seed: int = 0, size: int = 48) -> SealedImage:
    return SealedImage(jpeg(seed, size))


def question(base_url: str, service=CHAT, **kwargs) -> Question:
    values = {"model": "a-model", "images": (image(),), "prompt": "What is in view?", **kwargs}
    return Question(service, parse(base_url), **values)


def consent(asked: Question) -> Consent:
    """Return the consent of who looked at all images."""
    gate = Gate()
    for one in asked.images:
        gate.see(one)
    return consent_to(asked, gate)


class Server:
    """Answers every connection on this computer by a function, and keeps what was asked.

    Parameters
    ----------
    answer : callable
        Takes the connection, whose request has been read.
    context : ssl.SSLContext, optional
        To speak TLS.
    """

    def __init__(self, answer: Handler, context: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        self.has_request = threading.Event()
        self.is_over = threading.Event()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        # Closing alone does not wake the thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._open:
            # Whatever still waits for a client hears that it is over.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self.is_over.is_set():
                connection, _ = self._listening.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection:
                self.requests.append(_request(connection))
                self.has_request.set()
                self._answer(connection)


def _request(connection: socket.socket) -> bytes:
    data = _more(connection)
    if data[:1] == b"\x16":
        return data  # TLS, to a server without
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    size = int(sizes[0].split(b":")[1]) if sizes else 0
    while len(body) < size:
        body += _more(connection)
    return head + b"\r\n\r\n" + body


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionAbortedError
    return data


def head(status: str = "200 OK", kind: str = "text/event-stream", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def piece(text: str, finish: str = "null") -> bytes:
    return b'data: {"choices":[{"delta":{"content":"%s"},"finish_reason":%s}]}\n\n' % (
        text.encode(),
        finish.encode(),
    )


def says(*parts: bytes) -> Handler:
    """Return what answers with bytes and closes."""
    return lambda connection: connection.sendall(b"".join(parts))


def in_two(gate: threading.Event, first: bytes, rest: bytes) -> Handler:
    """Return what answers with the beginning, and with the rest when a gate opens."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(first)
        gate.wait(PATIENCE)
        connection.sendall(rest)

    return answer


def waiting(*parts: bytes) -> Handler:
    """Return what answers with bytes and then leaves the connection open."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"".join(parts))
        with contextlib.suppress(OSError):
            connection.recv(1)  # until the client goes

    return answer


def endless(connection: socket.socket) -> None:
    """Answer without an end."""
    connection.sendall(head())
    while True:
        connection.sendall(piece("and so on " * 20))


WHOLE = (head(), piece("A chest."), piece("", '"stop"'), b"data: [DONE]\n\n")
REMOTE = [p for p in PROVIDERS if p.base_url.startswith("https")]
