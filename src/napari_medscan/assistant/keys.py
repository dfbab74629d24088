"""Keys of services: looked up, kept for the session, and given to their own service only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum

from .errors import MissingKeyError
from .hosts import Endpoint, parse
from .providers import Provider

_SERVICE = "napari-medscan"


class Source(StrEnum):
    """Where a key came from."""

    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    SESSION = "this session"


@dataclass(frozen=True, slots=True)
class Key:
    """A key, which only `reveal` shows.

    Parameters
    ----------
    origin : str
        The one `Endpoint.origin` that it may be sent to.
    source : Source
        Where it came from.
    """

    _secret: str
    origin: str
    source: Source

    def __repr__(self) -> str:
        return f"<Key for {self.origin} from the {self.source}>"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a key is not to be stored")

    def reveal(self, endpoint: Endpoint) -> str:
        """Return the secret, to its own service.

        Raises
        ------
        MissingKeyError
            When it belongs to another one.
        """
        if endpoint.origin != self.origin:
            raise MissingKeyError(f"This key belongs to another service than {endpoint.shown}.")
        return self._secret

    def removed_from(self, text: str) -> str:
        """Return a text without the key in it."""
        return text.replace(self._secret, "…")


class Keys:
    """The keys of this session.

    The environment's variable comes first, and counts for the provider's own address alone;
    then what the user entered in this session; then the system's keyring, where the extra is
    installed. Nothing is written but to the keyring, and only by `remember`.
    """

    def __init__(self) -> None:
        self._entered: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Keys: {len(self._entered)} of this session>"

    def find(self, provider: Provider, endpoint: Endpoint) -> Key | None:
        """Return the key for a service, None when there is none; may ask the keyring (slow)."""
        if endpoint.origin in self._entered:
            return Key(self._entered[endpoint.origin], endpoint.origin, Source.SESSION)
        if provider.key_variable and parse(provider.base_url).origin == endpoint.origin:
            secret = _tidy(os.environ.get(provider.key_variable, ""))
            if secret:
                return Key(secret, endpoint.origin, Source.ENVIRONMENT)
        secret = _tidy(_from_keyring(endpoint.origin))
        return Key(secret, endpoint.origin, Source.KEYRING) if secret else None

    def enter(self, endpoint: Endpoint, secret: str) -> None:
        """Keep a key that the user typed for a service, for this session; empty forgets it."""
        secret = _tidy(secret)
        if secret:
            self._entered[endpoint.origin] = secret
        else:
            self._entered.pop(endpoint.origin, None)
