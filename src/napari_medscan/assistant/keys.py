"""Keys of services: looked up, kept for the session, and given to their own service only."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from enum import StrEnum

from napari_medscan.assistant.errors import MissingKeyError
from napari_medscan.assistant.hosts import Endpoint
from napari_medscan.assistant.providers import Provider
from napari_medscan.storage import config_file, read_json, write_json

_SERVICE = "napari-medscan"
_LIST = "keyring.json"


class Source(StrEnum):
    """Where a key came from."""

    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    SESSION = "this session"


@dataclass(frozen=True, slots=True)
class Key:
    """A key for one `Endpoint.origin`, which nothing but `reveal` shows."""

    _secret: str
    origin: str
    source: Source

    def __repr__(self) -> str:
        return f"<Key for {self.origin} from the {self.source}>"

    def __reduce__(self) -> str:
        raise TypeError("a key is not to be stored")

    def reveal(self, endpoint: Endpoint) -> str:
        """Return the secret, to its own service; raises MissingKeyError for any other."""
        if endpoint.origin != self.origin:
            raise MissingKeyError(f"This key belongs to another service, not {endpoint.shown}.")
        return self._secret

    def removed_from(self, text: str) -> str:
        """Return a text without the key in it."""
        return text.replace(self._secret, "…")


class Keys:
    """The keys at hand: of the environment, of the system's keyring, of this session.

    In that order. The environment's variable counts for the provider's own address alone, and
    variables that name an address (``OPENAI_BASE_URL``) are not read at all: otherwise one
    variable would send a key, and an image, elsewhere.
    """

    def __init__(self) -> None:
        self._entered: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Keys, {len(self._entered)} of this session>"

    def find(self, provider: Provider, endpoint: Endpoint) -> Key | None:
        """Return the key for a service, None when there is none; a keyring may take its time.

        Raises MissingKeyError when what is there cannot be a key.
        """
        origin = endpoint.origin
        if provider.key_variable and provider.is_at(endpoint):
            secret = _checked(os.environ.get(provider.key_variable, ""))
            if secret:
                return Key(secret, origin, Source.ENVIRONMENT)
        # A keyring may ask for a password: it is not opened where no key is needed.
        if provider.needs_key or origin in _in_keyring():
            secret = _checked(_from_keyring(origin))
            if secret:
                return Key(secret, origin, Source.KEYRING)
        secret = self._entered.get(origin, "")
        return Key(secret, origin, Source.SESSION) if secret else None

    def source(self, provider: Provider, endpoint: Endpoint) -> Source | None:
        """Return where the key of a service would come from, without opening the keyring.

        None also where a keyring may hold one that was not put there by `remember`.
        """
        origin = endpoint.origin
        variable = provider.key_variable if provider.is_at(endpoint) else ""
        if variable and os.environ.get(variable, "").strip():
            return Source.ENVIRONMENT
        if origin in _in_keyring():
            return Source.KEYRING
        return Source.SESSION if self._entered.get(origin) else None

    def enter(self, endpoint: Endpoint, secret: str) -> None:
        """Keep a key that the user typed for a service in memory; empty forgets it.

        Raises MissingKeyError when it cannot be a key.
        """
        secret = _checked(secret)
        self._entered.pop(endpoint.origin, None)
        if secret:
            self._entered[endpoint.origin] = secret

    def remember(self, endpoint: Endpoint, secret: str) -> None:
        """Put a key for a service into the system's keyring; empty removes it from there.

        Raises
        ------
        MissingKeyError
            When it cannot be a key, or there is no keyring; it can still be entered.
        """
        secret = _checked(secret)
        try:
            import keyring
        except ImportError:
            raise MissingKeyError(
                "No keyring is installed. Install napari-medscan[keyring], or enter the key for "
                "this session."
            ) from None
        try:
            if secret:
                keyring.set_password(_SERVICE, endpoint.origin, secret)
            elif keyring.get_password(_SERVICE, endpoint.origin) is not None:
                keyring.delete_password(_SERVICE, endpoint.origin)
        except Exception:  # noqa: BLE001 - as in `_from_keyring`
            # `from None`: a backend's exception may quote what it was given.
            raise MissingKeyError(
                "The system keyring is not available. Enter the key for this session."
            ) from None
        known = _in_keyring() - {endpoint.origin}
        # The key is in the keyring; a list that cannot be written costs a question, not the key.
        with contextlib.suppress(OSError):
            write_json(config_file(_LIST), sorted(known | {endpoint.origin} if secret else known))


def _in_keyring() -> set[str]:
    """Return the origins of services whose keys were put into the keyring here."""
    listed = read_json(config_file(_LIST))
    return {o for o in listed if isinstance(o, str)} if isinstance(listed, list) else set()


def _from_keyring(origin: str) -> str:
    try:
        import keyring

        return keyring.get_password(_SERVICE, origin) or ""
    # Backends are plug-ins, and hand on what D-Bus, a vault or a broken installation raises: no
    # list of exceptions is whole, and a service that needs no key must not fail by any of them.
    except Exception:  # noqa: BLE001
        return ""


def _checked(secret: str) -> str:
    """Return a key without the blanks around it.

    What is refused here would be quoted by the HTTP library's own complaint.
    """
    secret = secret.strip()
    if not secret.isascii() or not secret.isprintable() or " " in secret or len(secret) > 1024:
        raise MissingKeyError(
            "The key contains invalid characters. Copy it again from the service."
        )
    return secret
