"""Which addresses an image may go to: the rules for all."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from napari_medscan.assistant.errors import AddressError

_PORTS = {"http": 80, "https": 443}
# Mapped, compatible (RFC 4291 section 2.5.5) and NAT64 (RFC 6052): an IPv4 address at their end.
_CARRIERS = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "::/96", "64:ff9b::/96")))
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_BROADCAST = ipaddress.IPv4Address("255.255.255.255")


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
    def bracketed(self) -> str:
        """The host, an IPv6 address in the brackets that set it off from a port."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def shown(self) -> str:
        """The host as a person writes it, with the port where it is not the usual one."""
        usual = self.port == _PORTS[self.scheme]
        return self.bracketed if usual else f"{self.bracketed}:{self.port}"

    @property
    def origin(self) -> str:
        """What keys are bound to: scheme, host and port."""
        return f"{self.scheme}://{self.bracketed}:{self.port}"

    @property
    def address(self) -> str:
        """The base address without its query, for the user."""
        return f"{self.scheme}://{self.shown}{self.path}"

    def url(self, path: str) -> str:
        """Return the address of a resource of the service, such as "/models"."""
        query = f"?{self.query}" if self.query else ""
        return f"{self.address}{path}{query}"


def parse(base_url: str) -> Endpoint:
    """Check the base address that a user wrote.

    Parameters
    ----------
    base_url : str
        Such as "https://api.openai.com/v1" or "http://127.0.0.1:11434/v1".

    Raises
    ------
    AddressError
        When images must not go there; the text says why and what to write.
    """
    text = base_url.strip()
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise AddressError(
            "The address contains unsupported characters. Use ASCII; write international names "
            "in their xn-- form."
        )
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        raise AddressError("Not a valid address. Use https://host/v1.") from None
    if scheme not in _PORTS or not host or "//" not in text:
        raise AddressError("Not a valid service address. Use https://host/v1.")
    if parts.username is not None or parts.password is not None:
        raise AddressError(
            "The address contains a user name or password. Remove the part before @."
        )
    if parts.fragment:
        raise AddressError("Remove the part of the address after #.")
    # Keys belong into headers: addresses are written to logs.
    if parts.query and not re.fullmatch(r"api-version=[\w.-]+", parts.query):
        raise AddressError("Only api-version=… is allowed after ? in the address.")
    if port == 0:
        raise AddressError("Port 0 is not valid. Remove or change it.")
    _check_host(host)
    if scheme == "http" and not is_loopback(host):
        raise AddressError(
            "http:// would send the image unencrypted. Use https://; http:// is only for a model "
            "on this computer."
        )
    return Endpoint(scheme, host, port or _PORTS[scheme], parts.path.rstrip("/"), parts.query)


def is_loopback(host: str) -> bool:
    """Whether a name or an IP address is this computer."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_address(address: str) -> None:
    """Refuse an IP address at which no service is: link-local, unspecified, multicast, broadcast.

    Link-local addresses are where clouds keep the credentials of their machines. An IPv6 address
    is also refused for the IPv4 address in it, which is where it leads.

    Raises
    ------
    AddressError
        When nothing may be sent there.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return
    for one in (ip, _carried(ip)):
        if one.is_link_local or one.is_unspecified or one.is_multicast or one == _BROADCAST:
            raise AddressError("This IP address cannot be a service. Use the host name.")


def _carried(ip: _Address) -> _Address:
    """Return the IPv4 address that is in an IPv6 one, the address itself where none is."""
    if ip.version == 4:
        return ip
    if any(ip in network for network in _CARRIERS):
        return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.sixtofour or ip


def _check_host(host: str) -> None:
    refuse_address(host)
    if ":" in host and "%" not in host:
        return
    labels = host.removesuffix(".").split(".")
    good = all(label and label.strip("-") == label and len(label) < 64 for label in labels)
    plain = host.replace("-", "").replace(".", "").replace("_", "").isalnum()
    if host.endswith(".") or not good or not plain or len(host) > 253 or not _decodable(labels):
        raise AddressError("Not a valid host name. Use https://host/v1.")
    # "127.1", "0x7f000001" and "2130706433" are addresses to the system and names to a reader.
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            raise AddressError("Write the IP address as four numbers separated by dots.") from None


def _decodable(labels: list[str]) -> bool:
    """Whether labels in another script can be decoded, without which httpx cannot send there."""
    encoded = [label for label in labels if label.startswith("xn--")]
    if not encoded:
        return True
    import idna

    try:
        return all(idna.ulabel(label) for label in encoded)
    except UnicodeError:
        return False
