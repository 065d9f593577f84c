"""HTTP/1 heads and body framing (RFC 9110, RFC 9112), stricter than the RFC allows a recipient to be.

A proxy that is lenient reads another message than the server behind it; that is request smuggling. Decisions: lines end in
CRLF (a bare LF or CR is refused, although RFC 9112 2.2 lets a recipient take it), no folded lines, no NUL or other control
byte, no space before a colon, no name that is nearly one of framing (``Content_Length``), one Host, no Transfer-Encoding
beside Content-Length, no transfer coding but ``chunked``, no empty lines before a request beyond one, versions 1.0 and 1.1
only.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from vigiles.protocols.malformed import Malformed, TooLong

#: The longest head, bytes, and the most fields in it.
MAX_HEAD = 16 * 1024
MAX_FIELDS = 128

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([\x21-\x7e]{1,8192}) HTTP/1\.([01])\Z")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?\Z")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
_DIGITS = re.compile(r"[0-9]{1,18}\Z")

#: RFC 9110 7.6.1: fields for one hop, never forwarded (plus those a Connection field names).
HOP_BY_HOP = frozenset(
    ["connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
     "proxy-authorization", "proxy-authenticate", "proxy-authentication-info"]
)  # fmt: skip

#: What tells whom a message is for and where it ends, and what blurs the name of a field.
_FRAMING = frozenset(["host", "content-length", "transfer-encoding", "connection", "upgrade"])
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")

Fields = list[tuple[str, str]]


class RequestHead(msgspec.Struct, frozen=True, kw_only=True):
    """One request's head. ``fields`` keep order and case; values are Latin-1 text as sent. ``minor``: 0 or 1."""

    method: str
    target: str
    minor: int
    fields: Fields


class ResponseHead(msgspec.Struct, frozen=True, kw_only=True):
    """One response's head."""

    status: int
    reason: str
    minor: int
    fields: Fields


class Framing(msgspec.Struct, frozen=True, kw_only=True):
    """How the body ends: ``none``, ``length`` (``size`` bytes), ``chunked``, or ``close`` (responses only)."""

    kind: Literal["none", "length", "chunked", "close"]
    size: int = 0


class HeadReader:
    """Collects one head. ``rest`` holds the bytes that came after it."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._skipped = False
        self.rest = b""

    def feed(self, data: bytes) -> list[bytes] | None:
        """Return the head's lines once whole, None when more is needed. Raises :class:`Malformed`."""
        searched = max(0, len(self._data) - 3)
        self._data += data
        if self._data[:2] == b"\r\n" and not self._skipped:
            del self._data[:2]
            self._skipped = True
        end = self._data.find(b"\r\n\r\n", searched)
        if end < 0:
            if len(self._data) > MAX_HEAD:
                raise TooLong("http: the head is too long")
            self._early(searched)
            return None
        if end > MAX_HEAD:
            raise TooLong("http: the head is too long")
        head = bytes(self._data[:end])
        self.rest = bytes(self._data[end + 4 :])
        return head.split(b"\r\n")

    @property
    def started(self) -> bool:
        """Whether any byte of a head has come."""
        return bool(self._data)

    def _early(self, searched: int) -> None:
        if b"\0" in self._data[searched:]:
            raise Malformed("http: a NUL byte in the head")


def request_head(lines: list[bytes]) -> RequestHead:
    """Return the request in ``lines``. Raises :class:`Malformed`."""
    match = _REQUEST_LINE.match(lines[0])
    if match is None:
        raise Malformed("http: not a request line")
    fields = _fields(lines[1:])
    head = RequestHead(method=match[1].decode("ascii"), target=match[2].decode("ascii"), minor=int(match[3]), fields=fields)
    hosts = values(fields, "host")
    if len(hosts) > 1:
        raise Malformed("http: more than one Host")
    if head.minor == 1 and not hosts:
        raise Malformed("http: no Host")
    request_framing(head)
    return head


def response_head(lines: list[bytes]) -> ResponseHead:
    """Return the response in ``lines``. Raises :class:`Malformed`."""
    match = _STATUS_LINE.match(lines[0])
    if match is None:
        raise Malformed("http: not a status line")
    return ResponseHead(
        status=int(match[2]), reason=(match[3] or b"").decode("latin-1"), minor=int(match[1]), fields=_fields(lines[1:])
    )


def _fields(lines: list[bytes]) -> Fields:
    if len(lines) > MAX_FIELDS:
        raise TooLong("http: too many fields")
    fields: Fields = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            raise Malformed("http: a folded line")
        fields.append(field(line))
    return fields


def field(line: bytes) -> tuple[str, str]:
    """Return name and value of one field line or trailer. Raises :class:`Malformed`."""
    name, colon, value = line.partition(b":")
    if not colon or not _TOKEN.match(name):
        raise Malformed("http: not a field name")
    if not _VALUE.match(value):
        raise Malformed("http: a control byte in a field value")
    shown = name.decode("ascii")
    if shown.lower() not in _FRAMING and _NOT_LETTERS.sub("-", shown.lower()) in _FRAMING:
        # Servers that hand fields on as variables take Content_Length for Content-Length.
        raise Malformed("http: a field name that is taken for another")
    return shown, value.strip(b" \t").decode("latin-1")


def values(fields: Fields, name: str) -> list[str]:
    """Return the values of every field ``name`` (lower case), in order."""
    return [value for key, value in fields if key.lower() == name]


def tokens(fields: Fields, name: str) -> list[str]:
    """Return the comma-separated tokens of all fields ``name``, lower case."""
    return [token.strip().lower() for value in values(fields, name) for token in value.split(",") if token.strip()]


def request_framing(head: RequestHead) -> Framing:
    """Return how the request's body ends (RFC 9112 6.3). Raises :class:`Malformed`."""
    framing = _framing(head.fields, head.minor)
    return framing or Framing(kind="none")


def response_framing(head: ResponseHead, method: str) -> Framing:
    """Return how the body of the response to ``method`` ends. Raises :class:`Malformed`."""
    if method == "HEAD" or head.status < 200 or head.status in (204, 304):
        return Framing(kind="none")
    return _framing(head.fields, head.minor) or Framing(kind="close")


def _framing(fields: Fields, minor: int) -> Framing | None:
    codings = values(fields, "transfer-encoding")
    lengths = values(fields, "content-length")
    if codings and lengths:
        raise Malformed("http: Transfer-Encoding beside Content-Length")
    if codings:
        if len(codings) > 1 or codings[0].lower() != "chunked" or minor == 0:
            raise Malformed("http: a transfer coding that is not chunked")
        return Framing(kind="chunked")
    if lengths:
        if len(lengths) > 1 or not _DIGITS.match(lengths[0]):
            raise Malformed("http: not one Content-Length")
        return Framing(kind="length", size=int(lengths[0]))
    return None


def forwardable(fields: Fields) -> Fields:
    """Return ``fields`` without those meant for one hop."""
    named = set(tokens(fields, "connection")) | set(tokens(fields, "proxy-connection"))
    # A Connection field may not remove what tells where the body ends or whom it is for (RFC 9110 7.6.1).
    named -= {"host", "content-length"}
    return [(key, value) for key, value in fields if key.lower() not in HOP_BY_HOP and key.lower() not in named]


def render(start: str, fields: Fields) -> bytes:
    """Return the bytes of a head with start line ``start``."""
    return "".join([start, "\r\n", *(f"{key}: {value}\r\n" for key, value in fields), "\r\n"]).encode("latin-1")
