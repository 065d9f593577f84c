"""HTTP/2 messages (RFC 9113) as HTTP/1.1 has them, so that one strict reader judges both.

Frames and header compression are a library's work; here are lists of fields. What a request says in pseudo-fields becomes a
request line and a Host, and goes through the reader of HTTP/1 heads: nothing passes that could not have come that way.
"""

from __future__ import annotations

from collections.abc import Iterable

from vigiles.protocols.http import ResponseHead, forwardable
from vigiles.protocols.malformed import Malformed

#: The most bytes of one header list, counted as RFC 9113 section 6.5.2 counts them.
MAX_HEADER_LIST = 16 * 1024

Header = tuple[bytes, bytes]


def request_lines(headers: Iterable[Header], *, ended: bool) -> list[bytes]:
    """Return the lines of the same request's HTTP/1.1 head. ``ended``: it has no body.

    Raises :class:`Malformed` for a request that has no such form: CONNECT in either way (RFC 9113 section 8.5, RFC 8441), a
    scheme that is not https, an authority and a Host that differ, a pseudo-field twice.
    """
    pseudo: dict[bytes, bytes] = {}
    fields: list[Header] = []
    size = 0
    for name, value in headers:
        size += len(name) + len(value) + 32
        if size > MAX_HEADER_LIST:
            raise Malformed("http2: the header list is too long")
        if not name.startswith(b":"):
            fields.append((name, value))
        elif name in pseudo:
            raise Malformed("http2: a pseudo-field twice")
        else:
            pseudo[name] = value
    if set(pseudo) - {b":authority"} != {b":method", b":scheme", b":path"} or pseudo[b":method"] == b"CONNECT":
        raise Malformed("http2: not a request for a path")
    if pseudo[b":scheme"] != b"https":
        raise Malformed("http2: not https")
    hosts = [value for name, value in fields if name == b"host"]
    if b":authority" in pseudo:
        if any(host != pseudo[b":authority"] for host in hosts):
            raise Malformed("http2: the Host is not the authority")
        fields = [(b"host", pseudo[b":authority"]), *((name, value) for name, value in fields if name != b"host")]
    if not ended and not any(name == b"content-length" for name, _ in fields):
        fields.append((b"transfer-encoding", b"chunked"))
    return [b"%s %s HTTP/1.1" % (pseudo[b":method"], pseudo[b":path"]), *(b"%s: %s" % field for field in fields)]


def response_headers(head: ResponseHead) -> list[Header]:
    """Return the header list of an answer: names in lower case, nothing that is for one hop."""
    fields = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in forwardable(head.fields)]
    return [(b":status", str(head.status).encode("ascii")), *fields]
