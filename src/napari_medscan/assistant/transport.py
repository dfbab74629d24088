"""One HTTP exchange, with nothing in it that was not put there, and an answer within bounds.

The only module that imports httpx, within the function that connects: until the first send, this
process does not even have the code for it.
"""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from napari_medscan.assistant import network
from napari_medscan.assistant.errors import (
    AddressError,
    AnswerError,
    AssistantError,
    IncompleteError,
    TimedOutError,
)
from napari_medscan.assistant.failures import ServerSaidError, refused, unreachable
from napari_medscan.assistant.hosts import Endpoint
from napari_medscan.assistant.keys import Key
from napari_medscan.assistant.requests import HEADERS, Request, headers_of
from napari_medscan.assistant.trust import trusted_certificates

if TYPE_CHECKING:
    import httpx

MAX_ERROR = 2**16
"""Most that is read of what a server says about an error, in bytes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much is waited for.

    Parameters
    ----------
    connect : float
        Seconds until there is a connection.
    first_byte : float
        Seconds until the answer begins; a model on this computer is loaded in that time.
    stall : float
        Seconds between two pieces, of what is sent and of the answer.
    total : float
        Seconds until its end.
    refusal : float
        Seconds for what a server says besides the status of a refusal.
    answer : int
        Bytes of an answer.
    """

    connect: float = 15
    first_byte: float = 180
    stall: float = 45
    total: float = 900
    refusal: float = 5
    answer: int = 2**20


class Response:
    """An answer that has begun; its content type is in lower case, without parameters."""

    def __init__(self, chunks: AsyncIterator[bytes], content_type: str, limits: Limits) -> None:
        self.content_type = content_type
        self._chunks = chunks
        self._limits = limits
        self._patience = limits.first_byte
        self._size = 0

    async def next(self) -> bytes:
        """Return what comes next, nothing at the end.

        Raises
        ------
        TimedOutError, AnswerError, IncompleteError
            When nothing comes for too long, more than is read, or the connection breaks off.
        """
        import httpx

        try:
            async with asyncio.timeout(self._patience):
                chunk = await anext(self._chunks, b"")
        except TimeoutError:
            raise TimedOutError(
                f"No data received for {self._patience:g} seconds. Send again or choose another "
                "model."
            ) from None
        except httpx.HTTPError:
            raise IncompleteError(
                "The connection was lost before the answer was complete. Send again."
            ) from None
        self._patience = self._limits.stall
        room = self._limits.answer - self._size
        if chunk and not room:
            raise AnswerError(
                "The answer is too long; only its beginning is shown. Ask for a shorter one.",
                outcome="too long",
            )
        self._size += len(chunk[:room])
        return chunk[:room]

    async def events(self) -> AsyncGenerator[str]:
        """Yield the data of server-sent events; raises as `next` does."""
        import httpx
        from httpx_sse import EventSource

        async def chunks() -> AsyncIterator[bytes]:
            while chunk := await self.next():
                yield chunk

        # A stream may begin with a byte order mark (WHATWG HTML, section 9.2.5).
        kind = {"Content-Type": "text/event-stream; charset=utf-8-sig"}
        source = EventSource(httpx.Response(200, headers=kind, content=chunks()))
        async with aclosing(source.aiter_sse()) as events:
            async for event in events:
                yield event.data

    async def whole(self, most: int | None = None) -> bytes:
        """Return all that comes, or the first `most` bytes; raises as `next` does."""
        data = bytearray()
        while chunk := await self.next():
            data += chunk
            if most is not None and len(data) >= most:
                return bytes(data[:most])
        return bytes(data)


@asynccontextmanager
async def exchange(request: Request, key: Key | None, limits: Limits) -> AsyncGenerator[Response]:
    """Send a request and give its answer, once, to its own address.

    It is a POST if it has a body; its key refuses to go anywhere else.

    Raises
    ------
    AssistantError
        For anything that is not an answer.
    """
    ticket = network.Ticket(request.endpoint)
    with network.sending(ticket):
        # In another thread: this one must hear of a cancel within 100 ms, and reading the code
        # for the first time, the system's certificates or its proxies takes longer.
        trusted, proxy = await asyncio.to_thread(_prepare, request)
        import httpx

        ticket.through_proxy = proxy is not None
        timeout = httpx.Timeout(None, connect=limits.connect, write=limits.stall)
        by = None
        if proxy is not None:
            # To a proxy, too, TLS is ours: httpcore's own would read what `trust` does not.
            by = httpx.Proxy(proxy, ssl_context=trusted if proxy.startswith("https:") else None)
        transport = httpx.AsyncHTTPTransport(verify=trusted, trust_env=False, proxy=by)
        method, headers = "POST" if request.body else "GET", headers_of(request, key)
        wire = httpx.Request(method, request.url, headers=headers, content=request.body or None)
        if set(wire.headers) - HEADERS:
            raise AddressError("The request contains unexpected headers. Nothing was sent.")
        async with httpx.AsyncClient(
            transport=transport, follow_redirects=False, trust_env=False, timeout=timeout
        ) as client:
            answer = await _answer(client, wire, request, ticket, limits)
            try:
                yield await _accepted(answer, limits)
            except ServerSaidError as said:
                raise refused(said, answer.headers, request.endpoint.shown, key) from None
            finally:
                await answer.aclose()


async def _answer(
    client: httpx.AsyncClient,
    wire: httpx.Request,
    request: Request,
    ticket: network.Ticket,
    limits: Limits,
) -> httpx.Response:
    """Return the answer's head."""
    import httpx

    host, late = request.endpoint.shown, "{} did not {} within {:g} seconds. {}"
    try:
        async with asyncio.timeout(limits.first_byte):
            return await client.send(wire, stream=True)
    except httpx.ConnectTimeout:
        check = "Check the network and the address."
        text = late.format(host, "accept the connection", limits.connect, check)
        raise TimedOutError(text) from None
    except (TimeoutError, httpx.TimeoutException):
        again = "Send again or choose another model."
        text = late.format(host, "answer", limits.first_byte, again)
        raise TimedOutError(text) from None
    except httpx.RemoteProtocolError:
        raise AnswerError(f"The server at {host} does not use HTTP. Check the port.") from None
    except httpx.HTTPError as error:
        # `from None`, here and above: a library's exception may quote the request.
        raise ticket.refused or unreachable(
            error, host, is_local=request.endpoint.is_loopback
        ) from None


async def _accepted(answer: httpx.Response, limits: Limits) -> Response:
    """Return an answer that is one, and raise what the server refuses."""
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    response = Response(answer.aiter_raw(), content_type, limits)
    # Unpacked, a few bytes can fill the memory; and none was asked for.
    is_packed = answer.headers.get("content-encoding", "identity").strip().lower() != "identity"
    if answer.status_code != 200:
        is_read = not is_packed and not 300 <= answer.status_code < 400
        said = await _said(response, limits) if is_read else b""
        raise ServerSaidError(said, answer.status_code)
    if is_packed:
        raise AnswerError("Unexpected compressed reply; not read.")
    return response


async def _said(response: Response, limits: Limits) -> bytes:
    """Return what a server says of a refusal, nothing where that does not come: its status did."""
    try:
        async with asyncio.timeout(limits.refusal):
            return await response.whole(MAX_ERROR)
    except (TimeoutError, AssistantError):
        return b""


def _prepare(request: Request) -> tuple[ssl.SSLContext, str | None]:
    """Return what certificates are checked against, and the proxy if one carries the request."""
    import httpx  # noqa: F401

    endpoint = request.endpoint
    proxy = _proxy(endpoint) if request.through_proxy and not endpoint.is_loopback else None
    if endpoint.scheme != "https":
        # Trusts no one, and is not asked.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), proxy
    return trusted_certificates(), proxy


def _proxy(endpoint: Endpoint) -> str | None:
    """Return the system's proxy for a service, None when it is reached directly."""
    proxies = urllib.request.getproxies()
    if urllib.request.proxy_bypass(endpoint.host):
        return None
    proxy = proxies.get("https") or proxies.get("all")
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise AddressError("The system proxy is not supported (only HTTP proxies are).")
    return proxy
