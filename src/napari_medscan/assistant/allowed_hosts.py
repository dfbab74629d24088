"""The institution's lists of hosts, which whoever sits before the screen cannot widen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from napari_medscan.assistant.errors import AddressError
from napari_medscan.assistant.hosts import Endpoint, parse

VARIABLE = "MEDSCAN_ALLOWED_HOSTS"
FILE = "allowed-hosts.txt"
LOOPBACK = "loopback"
MAX_BYTES = 2**20
_APP = "napari-medscan"
_XDG = Path("/etc/xdg")


@dataclass(frozen=True, slots=True)
class AllowList:
    """The only hosts that an institution lets images go to.

    Parameters
    ----------
    hosts : frozenset of str
        Each "name", "[IPv6]" or "*.domain", with ":port" or without; `LOOPBACK` stands for this
        computer.
    source : str
        Where the list is, for the user: a variable or a file.
    """

    hosts: frozenset[str]
    source: str

    def holds(self, endpoint: Endpoint) -> bool:
        """Whether images may go there."""
        labels = endpoint.host.split(".")
        names = {
            endpoint.bracketed,
            *("*." + ".".join(labels[at:]) for at in range(1, len(labels))),
        }
        # A keyword: a host somewhere else that is called so is not meant.
        names.discard(LOOPBACK)
        if endpoint.is_loopback:
            names.add(LOOPBACK)
        return any(n in self.hosts or f"{n}:{endpoint.port}" in self.hosts for n in names)


def allow_lists() -> list[AllowList]:
    """Return the institution's lists of hosts, none where every host is allowed.

    The environment variable and all files count, so that nobody widens one by another. They are
    read each time, nothing here writes them, and a list that cannot be read allows nothing.
    """
    listed = os.environ.get(VARIABLE)
    source = f"environment variable {VARIABLE}"
    of_variable = None if listed is None else AllowList(_hosts(listed), source)
    lists = [of_variable, *map(_read, allow_list_files())]
    return [found for found in lists if found is not None]


def allow_list_files() -> Iterator[Path]:
    """Yield where an administrator can put a list, one host a line; none need exist."""
    if sys.platform in ("win32", "darwin"):
        import platformdirs

        yield platformdirs.site_config_path(_APP, appauthor=False) / FILE
        return
    # Desktops put folders of their own before this one, or leave it out, and so can a user.
    folders = [_XDG, *map(Path, os.environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep))]
    for folder in dict.fromkeys(folder for folder in folders if folder.is_absolute()):
        yield folder / _APP / FILE


def check_allowed(endpoint: Endpoint) -> None:
    """Refuse an address that images must not go to, whoever made it up.

    Raises AddressError, as `parse`, and if one of the institution's lists does not hold it.
    """
    if parse(endpoint.url("")) != endpoint:
        raise AddressError("Not a valid service address. Use https://host/v1.")
    for allowed in allow_lists():
        if not allowed.holds(endpoint):
            raise AddressError(
                f"{endpoint.shown} is not an allowed host of your institution "
                f"({allowed.source}). Choose another service or ask your administrator."
            )


def _read(path: Path) -> AllowList | None:
    unreadable = AllowList(frozenset(), "unreadable file")
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        lines = content.decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return unreadable
    if len(content) > MAX_BYTES:
        return unreadable
    listed = " ".join(line.partition("#")[0] for line in lines)
    return AllowList(_hosts(listed), "set by the administrator of this computer")


def _hosts(text: str) -> frozenset[str]:
    """Return the entries of a list, an IPv6 address always in brackets."""
    entries = text.replace(",", " ").lower().split()
    return frozenset(f"[{e}]" if e.count(":") > 1 and "[" not in e else e for e in entries)
