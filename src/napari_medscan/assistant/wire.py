"""What a request is on the wire, and the few headers that it may have."""

from __future__ import annotations

from dataclasses import dataclass

from .hosts import Endpoint
from .keys import Key
from .providers import Provider

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
    provider : Provider
        How the service is spoken to.
    body : bytes
        Empty for GET.
    through_proxy : bool
        Whether the system's proxy may carry it.
    """

    method: str
    url: str
    endpoint: Endpoint
    provider: Provider
    body: bytes = b""
    through_proxy: bool = False


def headers_of(request: Request, key: Key | None) -> dict[str, str]:
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
        **request.provider.headers,
    }
    if request.body:
        headers["Content-Type"] = "application/json"
    if key is not None:
        secret, key_header = key.reveal(request.endpoint), request.provider.key_header
        headers[key_header] = f"Bearer {secret}" if key_header == "authorization" else secret
    return headers
