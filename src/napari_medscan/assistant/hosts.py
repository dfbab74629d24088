"""Which addresses a picture may go to: rules for all, and the list of an institution."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .errors import AddressError, OffListError

VARIABLE = "MEDSCAN_ALLOWED_HOSTS"
FILE = "allowed-hosts.txt"
MAX_BYTES = 2**20
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The base address of a service, checked.

    Parameters
    ----------
    scheme : str
        "https", or "http" on this computer.
    host : str
        In lower case: an ASCII name, or an IP address without brackets.
    port : int
        The port, also where it is the usual one.
    path : str
        Begins with "/" and does not end with one, or is empty.
    query : str
        Empty, or what Azure wants behind "?" ("api-version=…").
    """

    scheme: str
    host: str
    port: int
    path: str = ""
    query: str = ""

    @property
    def is_loopback(self) -> bool:
        """Whether it is this computer."""
        return is_loopback(self.host)

    @property
    def shown(self) -> str:
        """The host as a person writes it, with the port where it is not the usual one."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def origin(self) -> str:
        """What keys are bound to: scheme, host and port."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{name}:{self.port}"

    def url(self, path: str) -> str:
        """Return the address of a resource of the service, such as "/models"."""
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.shown}{self.path}{path}{query}"


@dataclass(frozen=True, slots=True)
class AllowList:
    """The only hosts that an institution lets pictures go to.

    Parameters
    ----------
    hosts : frozenset of str
        Each "name", "name:port" or "*.domain"; "loopback" stands for this computer.
    source : str
        Where the list is, for the user: a variable or a file.
    """

    hosts: frozenset[str]
    source: str

    def holds(self, endpoint: Endpoint) -> bool:
        """Whether pictures may go there."""
        if endpoint.is_loopback and "loopback" in self.hosts:
            return True
        names = {endpoint.host, *_parents(endpoint.host)}
        return any(n in self.hosts or f"{n}:{endpoint.port}" in self.hosts for n in names)


def parse(base_url: str) -> Endpoint:
    """Check the base address that a user wrote.

    Parameters
    ----------
    base_url : str
        Such as "https://api.openai.com/v1" or "http://127.0.0.1:11434/v1".

    Raises
    ------
    AddressError
        When pictures must not go there; the text says why and what to write.
    """
    text = base_url.strip()
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise AddressError(
            "The address has a character that can be mistaken for another. Write it in plain "
            "letters; a name in another script begins with xn--."
        )
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        raise AddressError("This is no address. Write it as https://host/v1.") from None
    if scheme not in _PORTS or not host or "//" not in text:
        raise AddressError("This is no address of a service. Write it as https://host/v1.")
    if parts.username is not None or parts.password is not None:
        raise AddressError("The address holds a user name or password. Leave out what is before @.")
    if parts.fragment:
        raise AddressError("The address has a part behind #. Leave it out.")
    # Keys belong into headers: addresses are written to logs.
    if parts.query and not re.fullmatch(r"api-version=[\w.-]+", parts.query):
        raise AddressError("The address has a part behind ? that is not api-version=….")
    if port == 0:
        raise AddressError("There is no port 0. Leave it out or write another.")
    _check_host(host)
    if scheme == "http" and not is_loopback(host):
        raise AddressError(
            "http:// would send the picture in the clear. Write https://; http:// is for a model "
            "on this computer."
        )
    return Endpoint(scheme, host, port or _PORTS[scheme], parts.path.rstrip("/"), parts.query)


def allow_list() -> AllowList | None:
    """Return the institution's list of hosts, None where every host is allowed.

    The environment variable wins over the file; both are read each time, nothing here writes
    them, and a list that cannot be read allows nothing.
    """
    listed = os.environ.get(VARIABLE)
    if listed is not None:
        return AllowList(_hosts(listed), f"the variable {VARIABLE}")
    path = allow_list_file()
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return AllowList(frozenset(), "a file that cannot be read")
    lines = (line.partition("#")[0] for line in content.splitlines())
    return AllowList(_hosts(" ".join(lines)), "a file of this computer's administrator")


def allow_list_file() -> Path:
    """Return where an administrator puts the list, one host a line; it need not exist."""
    import platformdirs

    return platformdirs.site_config_path("napari-medscan", appauthor=False) / FILE


def check_allowed(endpoint: Endpoint) -> None:
    """Refuse an address that pictures must not go to, whoever made it up.

    Raises
    ------
    AddressError
        As `parse`.
    OffListError
        When the institution's list does not hold it; the text names the list.
    """
    if parse(endpoint.url("")) != endpoint:
        raise AddressError("This is no address of a service. Write it as https://host/v1.")
    allowed = allow_list()
    if allowed is not None and not allowed.holds(endpoint):
        raise OffListError(
            f"{endpoint.shown} is not on the list of hosts that your institution allows "
            f"({allowed.source}). Choose another service or ask your administrator."
        )


def _hosts(text: str) -> frozenset[str]:
    return frozenset(text.replace(",", " ").lower().split())


def _parents(host: str) -> list[str]:
    labels = host.split(".")
    return ["*." + ".".join(labels[at:]) for at in range(1, len(labels))]


def is_loopback(host: str) -> bool:
    """Whether a name or an IP address is this computer."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_address(address: str) -> None:
    """Refuse an IP address at which no service is: link-local, unspecified, multicast.

    Link-local addresses are where clouds keep the credentials of their machines.

    Raises
    ------
    AddressError
        When nothing may be sent there.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    ip = mapped or ip
    if ip.is_link_local or ip.is_unspecified or ip.is_multicast:
        raise AddressError("At this IP address there is no service. Write the host's name.")


def _check_host(host: str) -> None:
    refuse_address(host)
    if ":" in host:
        return
    labels = host.removesuffix(".").split(".")
    good = all(label and label.strip("-") == label and len(label) < 64 for label in labels)
    plain = host.replace("-", "").replace(".", "").replace("_", "").isalnum()
    if host.endswith(".") or not good or not plain or len(host) > 253:
        raise AddressError("The host's name is not well formed. Write it as https://host/v1.")
    # "127.1", "0x7f000001" and "2130706433" are addresses to the system and names to a reader.
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            raise AddressError("Write the IP address as four numbers.") from None
