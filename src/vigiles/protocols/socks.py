"""The client's first message of SOCKS 4, 4a (the NEC memos) and 5 (RFC 1928), and SOCKS 5's request."""

from __future__ import annotations

import ipaddress
from typing import Literal

import msgspec

from vigiles.protocols.malformed import Malformed

_MAX_TEXT = 255


class SocksGreeting(msgspec.Struct, frozen=True, kw_only=True):
    """``destination`` is ``host:port`` where the client has named it already: always in 4 and 4a, in 5 after the reply."""

    version: Literal["4", "4a", "5"]
    destination: str | None
    size: int


def greeting(data: bytes) -> SocksGreeting | None:
    """Return the greeting at the start of ``data``, None when more is needed. Raises :class:`Malformed`."""
    if not data:
        return None
    if data[0] == 5:
        return _five(data)
    if data[0] == 4:
        return _four(data)
    raise Malformed("socks: not a SOCKS version")


def _five(data: bytes) -> SocksGreeting | None:
    if len(data) < 2:
        return None
    count = data[1]
    if count == 0:
        raise Malformed("socks: no authentication method")
    if len(data) < 2 + count:
        return None
    return SocksGreeting(version="5", destination=_request(data[2 + count :]), size=2 + count)


def _request(data: bytes) -> str | None:
    """The request that follows the greeting, when the client did not wait or ``data`` is the joined stream."""
    if len(data) < 10 or data[0] != 5 or data[1] not in (1, 2, 3) or data[2] != 0:
        return None
    if data[3] == 1:
        host, port = str(ipaddress.IPv4Address(data[4:8])), data[8:10]
    elif data[3] == 3 and len(data) >= 7 + data[4]:
        host, port = data[5 : 5 + data[4]].decode("utf-8", "backslashreplace"), data[5 + data[4] : 7 + data[4]]
    elif data[3] == 4 and len(data) >= 22:
        host, port = f"[{ipaddress.IPv6Address(data[4:20])}]", data[20:22]
    else:
        return None
    return f"{host}:{int.from_bytes(port, 'big')}"


def _four(data: bytes) -> SocksGreeting | None:
    if len(data) > 1 and data[1] not in (1, 2):
        raise Malformed("socks: not a command")
    if len(data) < 9:
        return None
    port = int.from_bytes(data[2:4], "big")
    user_end = data.find(b"\0", 8)
    if user_end < 0:
        if len(data) - 8 > _MAX_TEXT:
            raise Malformed("socks: the user name is too long")
        return None
    if data[4:7] != b"\0\0\0" or data[7] == 0:
        destination = f"{ipaddress.IPv4Address(data[4:8])}:{port}"
        return SocksGreeting(version="4", destination=destination, size=user_end + 1)
    host_end = data.find(b"\0", user_end + 1)
    if host_end < 0:
        if len(data) - user_end > _MAX_TEXT:
            raise Malformed("socks: the host is too long")
        return None
    host = data[user_end + 1 : host_end].decode("utf-8", "backslashreplace")
    return SocksGreeting(version="4a", destination=f"{host}:{port}", size=host_end + 1)
