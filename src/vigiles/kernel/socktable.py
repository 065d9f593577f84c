"""The sockets of a network namespace, as /proc/PID/net shows them. Source: proc(5)."""

from __future__ import annotations

import ipaddress
import struct
from typing import Literal

import msgspec

Carrier = Literal["tcp", "udp"]


class Row(msgspec.Struct, frozen=True):
    """One socket: both ends in text form, and its inode (0: nobody holds it any more)."""

    local: tuple[str, int]
    remote: tuple[str, int]
    inode: int


def table(pid: int, carrier: Carrier, *, six: bool) -> list[Row]:
    """Return the TCP or UDP sockets of the network namespace that ``pid`` lives in; empty if it is gone."""
    rows = []
    try:
        with open(f"/proc/{pid}/net/{carrier}{'6' if six else ''}", encoding="utf-8") as file:
            next(file, None)
            for line in file:
                words = line.split()
                rows.append(Row(_end(words[1]), _end(words[2]), int(words[9])))
    except OSError:
        return rows
    return rows


def _end(text: str) -> tuple[str, int]:
    """Return (address, port); the kernel prints each 32-bit word of the address in host order."""
    address, port = text.split(":")
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    raw = struct.pack(f"={len(words)}I", *words)
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address
    ip = ipaddress.IPv4Address(raw) if len(raw) == 4 else ipaddress.IPv6Address(raw)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped), int(port, 16)
    return str(ip), int(port, 16)
