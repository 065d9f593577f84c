"""Socket addresses as the kernel takes them: bytes to family, host and port. Source: ip(7), ipv6(7), unix(7)."""

from __future__ import annotations

import ipaddress
import socket
import struct

import msgspec

from vigiles.model.observation.network import Family
from vigiles.model.plain import text


class Address(msgspec.Struct, frozen=True):
    """``host``: an IP address in text form (an IPv4-mapped one as IPv4), or a Unix path (``@`` for abstract).

    ``leaves``: the address is outside the cell: IP, and neither loopback nor unspecified. ``six``: really IPv6.
    """

    family: Family
    host: str
    port: int = 0
    leaves: bool = False
    six: bool = False


#: What connect(2) and bind(2) take at the least, bytes: less is EINVAL.
_LEAST = {socket.AF_INET: 16, socket.AF_INET6: 24}


def too_short(raw: bytes) -> bool:
    """Say whether at least two bytes of ``struct sockaddr`` name a family of which they are less than a whole address."""
    (family,) = struct.unpack_from("=H", raw)
    return len(raw) < _LEAST.get(family, 0)


def parse(raw: bytes) -> Address:
    """Return the address in at least two bytes of ``struct sockaddr``; ``other`` for a family or length we do not know."""
    (family,) = struct.unpack_from("=H", raw)
    if too_short(raw):
        return Address("other", "")
    if family == socket.AF_INET:
        port = int.from_bytes(raw[2:4], "big")
        first = raw[4]
        host = f"{first}.{raw[5]}.{raw[6]}.{raw[7]}"
        return Address("inet", host, port, leaves=first != 127 and raw[4:8] != b"\0\0\0\0")
    if family == socket.AF_INET6:
        port = int.from_bytes(raw[2:4], "big")
        ip = ipaddress.IPv6Address(raw[8:24])
        if ip.ipv4_mapped is not None:
            four = ip.ipv4_mapped
            return Address("inet6", str(four), port, leaves=not (four.is_loopback or four.is_unspecified))
        return Address("inet6", str(ip), port, leaves=not (ip.is_loopback or ip.is_unspecified), six=True)
    if family == socket.AF_UNIX:
        path = raw[2:]
        if path[:1] == b"\0":
            return Address("unix", "@" + text(path[1:].rstrip(b"\0")))
        return Address("unix", text(path.split(b"\0", 1)[0]))
    return Address("other", "")
