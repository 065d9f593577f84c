"""What a SOCKS 5 server reads and answers (RFC 1928), strictly: the method offer, one request, replies."""

from __future__ import annotations

import ipaddress
from typing import Literal

import msgspec

from vigiles.protocols.malformed import Malformed

Command = Literal["CONNECT", "BIND", "UDP ASSOCIATE"]

#: Reply codes, RFC 1928 section 6.
SUCCEEDED, FAILED, NOT_ALLOWED, NET_UNREACHABLE, HOST_UNREACHABLE, REFUSED = 0, 1, 2, 3, 4, 5
COMMAND_UNSUPPORTED, ADDRESS_UNSUPPORTED = 7, 8
#: Section 3: no authentication is asked for, and none of the offered methods will do.
NO_AUTHENTICATION, NO_METHOD = b"\x05\x00", b"\x05\xff"
#: SOCKS 4 and 4a (the NEC memos): rejected. They have no code that says why.
REJECTED_4 = b"\x00\x5b" + bytes(6)

_VERSION = 5
_COMMANDS: dict[int, Command] = {1: "CONNECT", 2: "BIND", 3: "UDP ASSOCIATE"}
_IPV4, _NAME, _IPV6 = 1, 3, 4


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """``open``: whether the client does without authentication; ``size``: bytes it took."""

    open: bool
    size: int


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """``host`` as it was sent, not judged: a name (bytes outside ASCII escaped), or an address in text form.

    ``unfit``: the reply code for a command or an address type that this reader does not know; then ``host`` may be empty.
    """

    command: Command | None
    host: str
    port: int
    size: int
    unfit: int = 0


def offer(data: bytes) -> Offer | None:
    """Return the method offer at the start of ``data``, None when more is needed. Raises :class:`Malformed`."""
    if data and data[0] != _VERSION:
        raise Malformed("socks: not version 5")
    if len(data) < 2:
        return None
    size = 2 + data[1]
    if size == 2:
        raise Malformed("socks: no authentication method")
    return Offer(open=0 in data[2:size], size=size) if len(data) >= size else None


def request(data: bytes) -> Request | None:
    """Return the request at the start of ``data``, None when more is needed. Raises :class:`Malformed`."""
    if data and data[0] != _VERSION:
        raise Malformed("socks: not version 5")
    if len(data) > 2 and data[2] != 0:
        raise Malformed("socks: the reserved byte is set")
    if len(data) < 5:
        return None
    command = _COMMANDS.get(data[1])
    unfit = 0 if command == "CONNECT" else COMMAND_UNSUPPORTED
    kind, at = data[3], 4
    if kind == _NAME:
        length, at = data[4], 5
        if length == 0:
            raise Malformed("socks: the name is empty")
    elif kind in (_IPV4, _IPV6):
        length = 4 if kind == _IPV4 else 16
    else:
        return Request(command=command, host="", port=0, size=len(data), unfit=ADDRESS_UNSUPPORTED)
    end = at + length
    if len(data) < end + 2:
        return None
    raw = data[at:end]
    host = raw.decode("ascii", "backslashreplace") if kind == _NAME else str(ipaddress.ip_address(raw))
    port = int.from_bytes(data[end : end + 2], "big")
    return Request(command=command, host=host, port=port, size=end + 2, unfit=unfit)


def reply(code: int) -> bytes:
    """Return the reply with ``code``; the bound address is left empty, for it is nobody's business inside."""
    return bytes([_VERSION, code, 0, _IPV4, 0, 0, 0, 0, 0, 0])
