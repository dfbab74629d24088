"""What a request is on the wire, and the few headers that it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .hosts import Endpoint
from .keys import Key

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


def headers_of(request: Request, key: Key | None, key_header: str) -> dict[str, str]:
    """Return what a request says in its head, besides what HTTP adds.

    Raises
    ------
    MissingKeyError
        When the key belongs to another service.
    """
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
