"""TLS as far as it is in clear: the ClientHello (RFC 8446 section 4.1.2, RFC 5246 7.4.1.2) and record framing.

Used to hold a client to its word: a tunnel to a host must open with a ClientHello that names that host. Encrypted
ClientHello (extension 0xfe0d) is reported, because the name it shows is not the name it means; a GREASE one cannot be told
from a real one, so both count.
"""

from __future__ import annotations

import msgspec

from vigiles.protocols.malformed import Malformed

#: A hello with its record headers may not be longer, bytes. Post-quantum key shares take about 2 KiB.
MAX_HELLO = 16 * 1024
#: RFC 8446 section 5.2: 2**14 plus 256 of expansion; TLS 1.2 allows 2048.
MAX_RECORD = 2**14 + 2048

_HANDSHAKE = 22
_SERVER_NAME, _ALPN, _VERSIONS, _ECH, _ESNI = 0, 16, 43, 0xFE0D, 0xFFCE

#: A fatal ``access_denied`` alert, what a client is told when its hello is refused.
ACCESS_DENIED = bytes([21, 3, 3, 0, 2, 2, 49])


class ClientHello(msgspec.Struct, frozen=True, kw_only=True):
    """What the hello shows. ``versions`` are wire numbers (0x0304 is TLS 1.3), ``sni`` as sent, not yet canonical."""

    sni: str | None
    alpn: list[str]
    versions: list[int]
    ech: bool


class _Cursor:
    """Reads big-endian lengths and never past the end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise Malformed("tls: a length points past the end")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def block(self, width: int) -> _Cursor:
        return _Cursor(self.take(self.number(width)))

    def done(self) -> bool:
        return self.at == len(self.data)


class ClientHelloParser:
    """Feed the client's first bytes; get the hello once it is whole. Bytes after the hello are ignored."""

    def __init__(self) -> None:
        self._raw = bytearray()
        self._body = bytearray()
        self._size = 0

    def feed(self, data: bytes) -> ClientHello | None:
        """Return the hello, or None when more is needed. Raises :class:`Malformed`."""
        self._size += len(data)
        self._raw += data
        while True:
            hello = self._complete()
            if hello is not None:
                return hello
            if not self._record():
                if self._size > MAX_HELLO:
                    raise Malformed("tls: the ClientHello is too long")
                return None

    def _record(self) -> bool:
        """Move one whole record's payload into the handshake body; False when it is not whole yet."""
        raw = self._raw
        if raw and raw[0] != _HANDSHAKE:
            raise Malformed("tls: not a handshake record")
        if len(raw) > 1 and raw[1] != 3:
            raise Malformed("tls: not a TLS record version")
        if len(raw) < 5:
            return False
        length = int.from_bytes(raw[3:5], "big")
        if not 0 < length <= 2**14:
            raise Malformed("tls: a record length that is not allowed")
        if not self._body and len(raw) > 5 and raw[5] != 1:
            raise Malformed("tls: the first handshake message is not a ClientHello")
        if len(raw) < 5 + length:
            return False
        self._body += raw[5 : 5 + length]
        del raw[: 5 + length]
        return True

    def _complete(self) -> ClientHello | None:
        if len(self._body) < 4:
            return None
        if self._body[0] != 1:
            raise Malformed("tls: the first handshake message is not a ClientHello")
        length = int.from_bytes(self._body[1:4], "big")
        if length > MAX_HELLO:
            raise Malformed("tls: the ClientHello is too long")
        if len(self._body) < 4 + length:
            return None
        return _hello(bytes(self._body[4 : 4 + length]))


def _hello(body: bytes) -> ClientHello:
    cursor = _Cursor(body)
    legacy = cursor.number(2)
    cursor.take(32)
    if len(cursor.block(1).data) > 32:
        raise Malformed("tls: the session id is too long")
    suites = cursor.block(2).data
    if not suites or len(suites) % 2:
        raise Malformed("tls: the cipher suites are not pairs of bytes")
    if not cursor.block(1).data:
        raise Malformed("tls: no compression method")
    sni: str | None = None
    alpn: list[str] = []
    versions = [legacy]
    seen: set[int] = set()
    if not cursor.done():
        extensions = cursor.block(2)
        if not cursor.done():
            raise Malformed("tls: bytes after the extensions")
        while not extensions.done():
            kind = extensions.number(2)
            content = extensions.block(2)
            if kind in seen:
                raise Malformed("tls: an extension comes twice")
            seen.add(kind)
            if kind == _SERVER_NAME:
                sni = _server_name(content)
            elif kind == _ALPN:
                alpn = _protocols(content)
            elif kind == _VERSIONS:
                listed = content.block(1).data
                versions = [int.from_bytes(listed[i : i + 2], "big") for i in range(0, len(listed) - 1, 2)]
    return ClientHello(sni=sni, alpn=alpn, versions=versions, ech=bool(seen & {_ECH, _ESNI}))


def _server_name(content: _Cursor) -> str:
    names = content.block(2)
    if not content.done():
        raise Malformed("tls: bytes after the server name list")
    if names.number(1) != 0:
        raise Malformed("tls: a server name of unknown type")
    name = names.block(2).data
    if not names.done():
        raise Malformed("tls: more than one server name")
    if not 0 < len(name) <= 255 or not all(33 <= byte < 127 for byte in name):
        raise Malformed("tls: the server name is not printable ASCII")
    return name.decode("ascii")


def _protocols(content: _Cursor) -> list[str]:
    listed = content.block(2)
    names: list[str] = []
    while not listed.done():
        names.append(listed.block(1).data.decode("latin-1"))
    return names


class RecordFraming:
    """Holds one direction of a stream to TLS record framing for as long as it lives, whatever is inside.

    So that a client cannot send a fitting ClientHello and then go on in another protocol.
    """

    def __init__(self) -> None:
        self._header = bytearray()
        self._left = 0

    def feed(self, data: bytes | memoryview) -> None:
        """Raises :class:`Malformed` at the first byte that is not in a TLS record."""
        at, end = 0, len(data)
        while at < end:
            if self._left:
                step = min(self._left, end - at)
                self._left -= step
                at += step
                continue
            need = 5 - len(self._header)
            self._header += data[at : at + need]
            at += need
            header = self._header
            if not 20 <= header[0] <= 24 or (len(header) > 1 and header[1] != 3):
                raise Malformed("tls: the stream left TLS record framing")
            if len(header) < 5:
                return
            self._left = int.from_bytes(header[3:5], "big")
            if self._left > MAX_RECORD:
                raise Malformed("tls: a record length that is not allowed")
            header.clear()
