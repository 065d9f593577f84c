"""HTTP/2 as clients write it, with what they should not: fields, frames and orders by grammar, then harm to the bytes."""

from __future__ import annotations

import random
import struct

from fuzz_bytes import flip
from hpack import Encoder

_NAMES = (
    "x", "content-length", "transfer-encoding", "connection", "te", "host", "cookie", "expect",
    "Upper", "a b", "a\r\nb", "", "upgrade",
    "content_length", ":path", ":status", "proxy-connection", "x" * 300,
)  # fmt: skip
_VALUES = (
    "a",
    "5",
    "0",
    "chunked",
    "trailers",
    "a\r\nX: y",
    "a\0b",
    "",
    " a ",
    "evil.example",
    "+5",
    "5, 5",
    "v" * 5000,
    "\x7f",
    "é",
)
_PATHS = ("", " HTTP/1.1", "\r\nX: y", "#x", "?q=1", "/../x", "\0", "//evil.example")


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Return one frame (RFC 9113 section 4.1)."""
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream) + payload


def conversation(rng: random.Random, authority: str, tag: str) -> bytes:
    """Return the preface, settings, and some requests; ``tag`` is in their paths."""
    raw = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"")
    encoder = Encoder()
    for number in range(rng.choice((1, 1, 2, 5))):
        stream = 1 + 2 * number if rng.random() < 0.95 else rng.choice((0, 1, 2, 2**31 - 1))
        packed = encoder.encode(_fields(rng, authority, f"{tag}-{number}"), huffman=rng.random() < 0.5)
        body = rng.choice((b"", b"", b"hello", b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", b"x" * 20_000))
        cut = rng.randrange(len(packed)) if rng.random() < 0.1 else len(packed)
        raw += frame(1, (0 if body else 1) | (4 if cut == len(packed) else 0), stream, packed[:cut])
        raw += frame(9, 4, stream, packed[cut:]) if cut < len(packed) else b""
        for at in range(0, len(body), 16_000):
            raw += frame(0, 1 if at + 16_000 >= len(body) else 0, stream, body[at : at + 16_000])
        if rng.random() < 0.2:
            raw += _extra(rng, stream)
    raw += frame(7, 0, 0, bytes(8)) if rng.random() < 0.7 else b""
    return flip(rng, raw, 2) if rng.random() < 0.2 else raw


def _fields(rng: random.Random, authority: str, tag: str) -> list[tuple[str, str]]:
    method = rng.choice(("GET", "POST", "HEAD")) if rng.random() < 0.9 else rng.choice(("CONNECT", "GET /x", "", "get"))
    where = authority if rng.random() < 0.93 else rng.choice(("evil.example", "", authority + "/x", authority + "\r\nX: y"))
    path = f"/{tag}" + (rng.choice(_PATHS) if rng.random() < 0.15 else "")
    fields = [
        (":method", method),
        (":scheme", "https" if rng.random() < 0.97 else "http"),
        (":authority", where),
        (":path", path),
    ]
    if rng.random() < 0.4:
        fields += [(rng.choice(_NAMES), rng.choice(_VALUES)) for _ in range(rng.choice((1, 1, 3)))]
    if rng.random() < 0.05:
        rng.shuffle(fields)
    return fields


def _extra(rng: random.Random, stream: int) -> bytes:
    kind = rng.randrange(12)
    payload = rng.choice((b"", b"\0\0\0\0", b"\0\0\0\x08", b"\0\3\0\0\0\0", b"\x7f\xff\xff\xff", rng.randbytes(9)))
    return frame(kind, rng.randrange(256), rng.choice((0, stream, stream, stream + 2)), payload) * rng.choice((1, 1, 1, 50))
