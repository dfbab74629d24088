"""One HTTP exchange, with nothing in it that was not put there, and an answer within bounds.

The only module that imports httpx, within the function that connects: until the first send, this
process does not even have the code for it.
"""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from . import network
from .errors import AddressError, AnswerError, IncompleteError, TimedOutError, TooLongError
from .failures import refused, unreachable
from .hosts import Endpoint
from .keys import Key
from .streaming import error_in

if TYPE_CHECKING:
    import httpx

HEADERS = frozenset(
    {
        "host",
        "connection",
        "user-agent",
        "accept",
        "accept-encoding",
        "content-type",
        "content-length",
        "authorization",
        "x-api-key",
        "api-key",
        "anthropic-version",
    }
)
"""The only headers that a request has."""
USER_AGENT = "napari-medscan"
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
    answer : int
        Bytes of an answer.
    """

    connect: float = 15
    first_byte: float = 180
    stall: float = 45
    total: float = 900
    answer: int = 2**20


@dataclass(frozen=True, slots=True)
class Request:
    """What goes over the wire.

    Parameters
    ----------
    method, url : str
        As in HTTP.
    endpoint : Endpoint
        The service that was agreed to; `url` is of it.
    headers : mapping
        Besides those that every request has, without the key.
    body : bytes
        Empty for GET.
    through_proxy : bool
        Whether the system's proxy may carry it.
    """

    method: str
    url: str
    endpoint: Endpoint
    headers: Mapping[str, str]
    body: bytes = b""
    through_proxy: bool = False


class Response:
    """An answer that has begun.

    Parameters
    ----------
    content_type : str
        In lower case, without parameters.
    """

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
        TimedOutError
            When nothing comes for too long.
        TooLongError
            When more came than is read.
        IncompleteError
            When the connection broke off.
        """
        import httpx

        try:
            async with asyncio.timeout(self._patience):
                chunk = await anext(self._chunks, b"")
        except TimeoutError:
            raise TimedOutError(
                f"Nothing more came for {self._patience:g} seconds. Send again or choose another "
                "model."
            ) from None
        except httpx.HTTPError:
            raise IncompleteError(
                "The connection broke off before the answer's end. Send again for a whole one."
            ) from None
        self._patience = self._limits.stall
        room = self._limits.answer - self._size
        if chunk and not room:
            raise TooLongError("The answer does not end; what came first is shown. Ask for less.")
        self._size += len(chunk[:room])
        return chunk[:room]

    async def whole(self, most: int | None = None) -> bytes:
        """Return all that comes, or the first `most` bytes; raises as `next` does."""
        data = bytearray()
        while chunk := await self.next():
            data += chunk
            if most is not None and len(data) >= most:
                return bytes(data[:most])
        return bytes(data)


@asynccontextmanager
async def exchange(
    request: Request, key: Key | None, key_header: str, limits: Limits
) -> AsyncGenerator[Response]:
    """Send a request and give its answer, once, to its own address.

    Parameters
    ----------
    request : Request
        What to send.
    key : Key or None
        For the service; it refuses to go anywhere else.
    key_header : str
        The header that takes it.
    limits : Limits
        How long to wait.

    Raises
    ------
    AssistantError
        For anything that is not an answer.
    """
    # In another thread: this one must hear of a cancel within 100 ms, and reading the code for
    # the first time, or the system's certificates, takes longer.
    trusted = await asyncio.to_thread(_prepare, request.endpoint)
    import httpx

    through_proxy = request.through_proxy and not request.endpoint.is_loopback
    ticket = network.Ticket(request.endpoint, through_proxy=through_proxy)
    timeout = httpx.Timeout(None, connect=limits.connect, write=limits.stall)
    transport = httpx.AsyncHTTPTransport(
        verify=trusted,
        trust_env=False,
        proxy=_proxy(request.endpoint) if through_proxy else None,
    )
    wire = httpx.Request(
        request.method,
        request.url,
        headers=_headers(request, key, key_header),
        content=request.body or None,
    )
    strange = set(wire.headers) - HEADERS
    if strange:
        raise AddressError("The request would say more than it must. Nothing was sent.")
    with network.sending(ticket):
        async with httpx.AsyncClient(
            transport=transport, follow_redirects=False, trust_env=False, timeout=timeout
        ) as client:
            answer = await _answer(client, wire, request, ticket, limits)
            try:
                yield await _accepted(answer, request, key, limits)
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

    host = request.endpoint.shown
    try:
        async with asyncio.timeout(limits.first_byte):
            return await client.send(wire, stream=True)
    except httpx.ConnectTimeout:
        raise TimedOutError(
            f"{host} did not take the connection within {limits.connect:g} seconds. Check the "
            "network and the address."
        ) from None
    except (TimeoutError, httpx.TimeoutException):
        raise TimedOutError(
            f"{host} did not answer within {limits.first_byte:g} seconds. Send again or choose "
            "another model."
        ) from None
    except httpx.RemoteProtocolError:
        raise AnswerError(f"What answers at {host} does not speak HTTP. Check the port.") from None
    except httpx.HTTPError as error:
        # `from None`, here and above: a library's exception may quote the request.
        raise ticket.refused or unreachable(
            error, host, is_local=request.endpoint.is_loopback
        ) from None


async def _accepted(
    answer: httpx.Response, request: Request, key: Key | None, limits: Limits
) -> Response:
    """Return an answer that is one, and raise what the server refuses."""
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    response = Response(answer.aiter_raw(), content_type, limits)
    # Unpacked, a few bytes can fill the memory; and none was asked for.
    if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise AnswerError("The server packs its answers, which was not asked for. Not read.")
    if answer.status_code == 200:
        return response
    if answer.has_redirect_location or 300 <= answer.status_code < 400:
        said = b""
    else:
        said = await response.whole(MAX_ERROR)
    kind, message = error_in(said)
    message = key.removed_from(message) if key else message
    host = request.endpoint.shown
    raise refused(answer.status_code, kind, message, answer.headers, host)


def _headers(request: Request, key: Key | None, key_header: str) -> dict[str, str]:
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **request.headers,
    }
    if request.body:
        headers["Content-Type"] = "application/json"
    if key is not None:
        secret = key.reveal(request.endpoint)
        headers[key_header] = f"Bearer {secret}" if key_header == "authorization" else secret
    return headers


def _prepare(endpoint: Endpoint) -> ssl.SSLContext:
    """Return what certificates are checked against: Mozilla's list and the system's.

    The system's holds what a hospital signs its own servers with.
    """
    import certifi
    import httpx  # noqa: F401

    if endpoint.scheme != "https":
        # Trusts no one, and is not asked.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context


def _proxy(endpoint: Endpoint) -> str | None:
    """Return the system's proxy for a service, None when it is reached directly."""
    proxies = urllib.request.getproxies()
    if urllib.request.proxy_bypass(endpoint.host):
        return None
    proxy = proxies.get("https") or proxies.get("all")
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise AddressError("The system's proxy is of a kind that cannot be used (not http).")
    return proxy
