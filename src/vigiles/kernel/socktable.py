"""The sockets of a network namespace, as /proc/PID/net shows them. Source: proc(5)."""

from __future__ import annotations

import ipaddress
import struct
from functools import lru_cache
from typing import Literal

import msgspec

from vigiles.kernel.effort import Effort

Carrier = Literal["tcp", "udp"]


class Row(msgspec.Struct, frozen=True):
    """One socket: both ends in text form, and its inode (0: nobody holds it any more)."""

    local: tuple[str, int]
    remote: tuple[str, int]
    inode: int


def table(pid: int, carrier: Carrier, *, six: bool, port: int | None = None, effort: Effort | None = None) -> list[Row]:
    """Return the TCP or UDP sockets of the network namespace that ``pid`` lives in; empty if it is gone.

    ``port``: only sockets with this local port. Each row of the table, returned or not, takes ``effort``. Raises
    :class:`~vigiles.kernel.effort.Exhausted`.
    """
    rows = []
    ending = None if port is None else f":{port:04X}"
    try:
        with open(f"/proc/{pid}/net/{carrier}{'6' if six else ''}", encoding="utf-8") as file:
            next(file, None)
            for line in file:
                if effort is not None:
                    effort.spend(1)
                words = line.split(None, 10)
                if ending is not None and not words[1].endswith(ending):
                    continue
                rows.append(Row(_end(words[1]), _end(words[2]), int(words[9])))
    except OSError:
        return rows
    return rows


def _end(text: str) -> tuple[str, int]:
    """Return (address, port); the kernel prints each 32-bit word of the address in host order."""
    address, port = text.split(":")
    return _address(address), int(port, 16)


@lru_cache(maxsize=1024)
def _address(address: str) -> str:
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    raw = struct.pack(f"={len(words)}I", *words)
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address
    ip = ipaddress.IPv4Address(raw) if len(raw) == 4 else ipaddress.IPv6Address(raw)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ip)
