"""May a cell reach this host? One canonical host value, exact matches, refused ranges. The door asks here.

The door decides on and dials the value that :func:`canonical_host` returns, never the text it was sent, so there is no
second reading of a host that a client could exploit. Pure: resolving is the door's work.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TypeAlias

from vigiles.model.reason import ReasonCode
from vigiles.ruleset.profile import Egress

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class HostInvalid(ValueError):
    """The text is no host that can be judged; ``str(error)`` is constant text that names the rule it broke."""


def canonical_host(text: str) -> str:
    """Return the one spelling of a host: a lower-case LDH name, dotted IPv4, or compressed IPv6 without brackets.

    Accepts upper case, a bracketed or bare IPv6 address, and A-labels (``xn--``) that decode. An IPv4-mapped IPv6 address
    becomes the IPv4 address that the kernel would dial. Raises :class:`HostInvalid` for everything that some parser
    somewhere reads differently: NUL and control bytes, percent-encoding, user information, a trailing dot, empty labels,
    any character that is not ASCII, scope ids, and IPv4 in short, decimal, octal or hexadecimal form (any host whose last
    label is a number is an address or an error, as in the WHATWG URL standard, section 3.5).
    """
    if not text:
        raise HostInvalid("the host is empty")
    if not text.isascii():
        raise HostInvalid("the host has characters outside ASCII; write its A-label (xn--...)")
    if len(text) > 255:
        raise HostInvalid("the host is longer than 253 characters")
    if text.startswith("[") or text.endswith("]"):
        if not (text.startswith("[") and text.endswith("]")):
            raise HostInvalid("the brackets of an IPv6 address do not match")
        return _ipv6(text[1:-1])
    if ":" in text:
        return _ipv6(text)
    return _name(text.lower())


def _ipv6(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f:.]+", text):
        raise HostInvalid("this is no IPv6 address (scope ids are refused)")
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise HostInvalid("this is no IPv6 address") from None
    return str(address.ipv4_mapped or address)


def _name(name: str) -> str:
    if name.endswith("."):
        raise HostInvalid("the host ends in a dot")
    if len(name) > 253:
        raise HostInvalid("the host is longer than 253 characters")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise HostInvalid("an IPv4 address must be four decimal numbers") from None
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise HostInvalid("a label of the host is not made of letters, digits and inner hyphens")
        if label.startswith("xn--") and not _is_a_label(label):
            raise HostInvalid("a label begins with xn-- but encodes nothing")
    return name


def _is_a_label(label: str) -> bool:
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
        return not decoded.isascii() and decoded.encode("punycode").decode("ascii") == label[4:]
    except (UnicodeError, ValueError, OverflowError):
        return False


def split_host_port(text: str) -> tuple[str, int]:
    """Return (canonical host, port) of ``host:port``; IPv6 needs brackets. Raises :class:`HostInvalid`."""
    host, colon, digits = text.rpartition(":")
    if not colon or not _PORT.fullmatch(digits) or int(digits) > 65535:
        raise HostInvalid("this is no host:port with a port from 1 to 65535")
    if ":" in host and not host.startswith("["):
        raise HostInvalid("an IPv6 address before a port needs brackets")
    return canonical_host(host), int(digits)


def join_host_port(host: str, port: int) -> str:
    """Return ``host:port`` as profiles write it, with brackets round a canonical IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_address(host: str) -> bool:
    """Return whether a canonical host is an IP address, not a name."""
    return ":" in host or bool(_NUMBER.fullmatch(host.rpartition(".")[2]))


def decide_host(egress: Egress, host: str, port: int) -> ReasonCode:
    """Return whether ``host`` and ``port`` (as asked for, canonical or not) may be reached, before any name is resolved.

    ``allowed``, ``allowed_observe``; ``egress_malformed`` (also in observe: there is nothing that could be dialled);
    ``egress_port`` for a listed host on another port; ``egress_address`` for an address that is not listed;
    ``egress_host`` otherwise.
    """
    try:
        canonical = canonical_host(host)
    except HostInvalid:
        return "egress_malformed"
    if not 1 <= port <= 65535:
        return "egress_malformed"
    if egress.mode == "observe":
        return "allowed_observe"
    if egress.mode == "allow":
        if join_host_port(canonical, port) in egress.hosts:
            return "allowed"
        if _listed(egress, canonical):
            return "egress_port"
    return "egress_address" if is_address(canonical) else "egress_host"


def decide_name(egress: Egress, name: str) -> ReasonCode:
    """Return whether the name may be looked up: ``allowed`` where it is listed with any port, else ``dns_name``."""
    try:
        canonical = canonical_host(name)
    except HostInvalid:
        return "egress_malformed"
    if egress.mode == "observe":
        return "allowed_observe"
    if egress.mode == "allow" and _listed(egress, canonical):
        return "allowed"
    return "dns_name"


def decide_address(egress: Egress, host: str, port: int, address: str) -> ReasonCode:
    """Return whether ``host``:``port`` may be dialled at ``address``, which the door resolved and will dial.

    Includes :func:`decide_host`. A pinned host may be dialled at its pin only, in observe too; any other at every address
    outside the refused ranges. ``egress_address`` refuses.
    """
    verdict = decide_host(egress, host, port)
    if verdict not in ("allowed", "allowed_observe"):
        return verdict
    try:
        target = _address(address)
    except ValueError:
        return "egress_malformed"
    canonical = canonical_host(host)
    pin = pinned(egress, canonical, port)
    if pin is not None:
        return verdict if target == _address(pin) else "egress_address"
    if is_address(canonical) and target != _address(canonical):
        return "egress_address"
    if verdict == "allowed_observe":
        return verdict
    return "egress_address" if in_ranges(egress.refused_ranges, target) else "allowed"


def pinned(egress: Egress, host: str, port: int) -> str | None:
    """Return the address that canonical ``host`` and ``port`` are pinned to, if any."""
    return egress.pins.get(join_host_port(host, port))


def pinned_addresses(egress: Egress, host: str) -> list[str]:
    """Return every address that canonical ``host`` is pinned to on any port, in the profile's order; for DNS answers."""
    found = [address for key, address in egress.pins.items() if key.rpartition(":")[0].strip("[]") == host]
    return list(dict.fromkeys(found))


def may_upgrade(egress: Egress, host: str, port: int) -> bool:
    """Return whether HTTP Upgrade to canonical ``host`` and ``port`` is listed."""
    return egress.mode == "observe" or join_host_port(host, port) in egress.upgrade


def in_ranges(ranges: list[str], address: Address) -> bool:
    """Return whether ``address`` lies in one of the CIDR ``ranges``; translated addresses (RFC 6052) count as their IPv4."""
    if isinstance(address, ipaddress.IPv6Address) and address in _NAT64:
        address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return any(address in network for network in _networks(tuple(ranges)))


def _listed(egress: Egress, host: str) -> bool:
    return any(entry.rpartition(":")[0].strip("[]") == host for entry in egress.hosts)


def _address(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=64)
def _networks(ranges: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in ranges)
