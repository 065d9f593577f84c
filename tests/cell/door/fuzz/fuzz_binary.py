"""CONNECT, TLS records, SOCKS and DNS by grammar."""

from __future__ import annotations

import contextlib
import random
import ssl
import struct
from functools import cache
from itertools import pairwise

from fuzz_bytes import flip

ALLOWED = "allowed.example"
NAMES = (
    ALLOWED, ALLOWED, ALLOWED, "evil.example", "allowed.example.", "ALLOWED.example", "allowed.example\0.evil.example",
    "evil.example\0.allowed.example", "allowed.example:443", "127.0.0.1", "a" * 64 + ".example", "*.example", "", ".",
    "allowed..example", "xn--llowed-8wa.example", "allowed.example@evil.example", "sub.allowed.example", " allowed.example",
)  # fmt: skip


@cache
def real_hello(name: str | None) -> bytes:
    """Return a ClientHello as OpenSSL sends it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    outgoing = ssl.MemoryBIO()
    engine = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        engine.do_handshake()
    return outgoing.read()


def connect(rng: random.Random, authority: str) -> bytes:
    """Return a CONNECT, and perhaps what follows it at once."""
    port = authority.rpartition(":")[2]
    names = [f"{name}:{port}" for name in NAMES]
    wanted = authority if rng.random() < 0.75 else rng.choice(names)
    wanted = (
        wanted if rng.random() < 0.9 else rng.choice((f"{ALLOWED}:22", f"{ALLOWED}:0{port}", f"{ALLOWED}:+{port}", port))
    )
    host = wanted if rng.random() < 0.9 else rng.choice(names)
    fields = [f"Host: {host}"] if rng.random() < 0.95 else []
    fields += rng.sample(
        ("Content-Length: 5", "Content-Length: 0", "Transfer-Encoding: chunked", "Proxy-Authorization: Basic YTpi",
         "Host : x",
         "Proxy-Connection: keep-alive", "Upgrade: websocket", "X: a\n b", "User-Agent: c", "Connection: close"),
        rng.choice((0, 0, 0, 1, 2)),
    )  # fmt: skip
    version = rng.choice(("HTTP/1.1",) * 8 + ("HTTP/1.0", "HTTP/2.0", ""))
    raw = "\r\n".join([f"CONNECT {wanted} {version}", *fields, "", ""]).encode("latin-1", "replace")
    return flip(rng, raw, 2) if rng.random() < 0.3 else raw


def inside(rng: random.Random, authority: str) -> bytes:
    """Return what is said inside a tunnel, or to the transparent port."""
    kind = rng.randrange(10)
    if kind < 5:
        return tls(rng)
    if kind < 8:
        get = f"GET /in HTTP/1.1\r\nHost: {authority}\r\n\r\n"
        more = rng.choice(
            (
                "",
                get,
                f"CONNECT evil.example:22 HTTP/1.1\r\nHost: {authority}\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: evil\r\n\r\n",
            )
        )
        raw = (get + more).encode()
        return flip(rng, raw) if rng.random() < 0.5 else raw
    other = (
        b"SSH-2.0-OpenSSH_9.2\r\n", b"\x05\x01\x00\x05\x01\x00\x03\x04evil\x00\x50",
        b"\x04\x01\x00\x50\x00\x00\x00\x01a\0evil.example\0",
        b'{"id":1,"method":"mining.subscribe","params":["x"]}\n', b'[' * 3000, b'{"a":' * 2500, b"\0" * 40, b"EHLO evil\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", b"\x16\x03", b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10",
    )  # fmt: skip
    raw = rng.choice(other)
    return flip(rng, raw) if rng.random() < 0.5 else raw


def tls(rng: random.Random) -> bytes:
    """Return the bytes of a TLS client: a hello, perhaps written or cut oddly, and what follows it."""
    if rng.random() < 0.4:
        raw = real_hello(rng.choice((ALLOWED, ALLOWED, "evil.example", None)))
        if rng.random() < 0.6:
            raw = flip(rng, raw, 3)
    else:
        raw = _records(rng, _handshake(rng))
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        body = rng.randbytes(rng.choice((0, 1, 5, 40, 16384, 16400)))
        size = len(body) if rng.random() < 0.8 else rng.choice((0, 1, 2**14 + 2048, 2**14 + 2049, 65535))
        raw += (
            struct.pack(
                "!BHH", rng.choice((20, 21, 22, 23, 23, 23, 24, 25, 0)), rng.choice((0x301, 0x303, 0x303, 0x200)), size
            )
            + body
        )
    raw += rng.choice((b"", b"", b"", b"SSH-2.0-x\r\n", b"GET / HTTP/1.1\r\n\r\n", real_hello("evil.example")))
    return flip(rng, raw, 2) if rng.random() < 0.15 else raw


def _block(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data


def _handshake(rng: random.Random) -> bytes:
    """A hello of our own writing; names and lengths as a parser would not expect them."""
    names = [rng.choice(NAMES) for _ in range(rng.choice((1, 1, 1, 2)))]
    listed = b"".join(rng.choice((b"\0",) * 6 + (b"\1",)) + _block(2, name.encode("latin-1", "replace")) for name in names)
    sni = struct.pack("!H", 0) + _block(2, _block(2, listed) + rng.choice((b"",) * 8 + (b"\0",)))
    versions = struct.pack("!H", 43) + _block(2, _block(1, b"\x03\x04\x03\x03"))
    groups = struct.pack("!H", 10) + _block(2, _block(2, b"\x00\x1d"))
    alpn = struct.pack("!H", 16) + _block(2, _block(2, _block(1, rng.choice((b"h2", b"", b"\xff" * 200)))))
    ech = struct.pack("!H", rng.choice((0xFE0D, 0xFFCE))) + _block(2, b"\0" * 4)
    extensions = [sni, versions, groups]
    for more, chance in ((sni, 0.08), (alpn, 0.3), (ech, 0.08), (struct.pack("!HH", rng.randrange(65536), 0), 0.3)):
        if rng.random() < chance:
            extensions.append(more)
    if rng.random() < 0.1:
        extensions.remove(sni)
    rng.shuffle(extensions)
    joined = b"".join(extensions)
    size = len(joined) if rng.random() < 0.95 else rng.randrange(65536)
    session = _block(1, bytes(rng.choice((0, 32, 32, 33))))
    body = (
        b"\x03\x03"
        + rng.randbytes(32)
        + session
        + _block(2, b"\x13\x01\xc0\x2f")
        + b"\x01\x00"
        + size.to_bytes(2, "big")
        + joined
    )
    length = len(body) if rng.random() < 0.95 else rng.choice((0, len(body) - 1, len(body) + 1, 0xFFFFFF))
    raw = bytes([rng.choice((1,) * 12 + (2, 0, 254))]) + length.to_bytes(3, "big") + body
    return flip(rng, raw, 2) if rng.random() < 0.2 else raw


def _records(rng: random.Random, message: bytes) -> bytes:
    """The message in one or several records, with empty or foreign ones between."""
    cuts = sorted({rng.randrange(len(message) + 1) for _ in range(rng.choice((0, 0, 0, 1, 3, 20)))} | {0, len(message)})
    raw = b""
    for start, end in pairwise(cuts):
        raw += struct.pack("!BH", 22, rng.choice((0x301, 0x303, 0x300))) + _block(2, message[start:end])
        if rng.random() < 0.03:
            raw += rng.choice((b"\x16\x03\x01\x00\x00", b"\x14\x03\x03\x00\x01\x01", b"\x15\x03\x01\x00\x02\x01\x00"))
    return raw


def socks(rng: random.Random, authority: str) -> list[bytes]:
    """Return what a SOCKS 4, 4a or 5 client sends, in the parts after which a patient one waits for an answer."""
    port = int(authority.rpartition(":")[2]).to_bytes(2, "big")
    name = (ALLOWED if rng.random() < 0.6 else rng.choice(NAMES)).encode("latin-1", "replace")[:255]
    if rng.random() < 0.8:
        methods = rng.choice((b"\0", b"\0", b"\0\2", b"\2", b"", bytes(255)))
        command = rng.choice((b"\1",) * 12 + (b"\2", b"\3", b"\0", b"\xff"))
        parts = [
            b"\5" + _block(1, methods),
            b"\5" + command + rng.choice((b"\0",) * 9 + (b"\1",)) + _place(rng, name) + port,
        ]
    else:
        address = rng.choice((b"\0\0\0\1", b"\x7f\0\0\1", b"\0\0\0\0"))
        user = rng.choice((b"\0", b"user\0", b"u" * 300))
        parts = [b"\4" + rng.choice((b"\1", b"\1", b"\2", b"\3")) + port + address + user + name + b"\0"]
    parts += [inside(rng, authority)] if rng.random() < 0.8 else []
    if rng.random() < 0.3:
        at = rng.randrange(len(parts))
        parts[at] = flip(rng, parts[at], 2)
    return parts


def _place(rng: random.Random, name: bytes) -> bytes:
    if rng.random() < 0.7:
        return b"\3" + _block(1, name)
    return rng.choice((b"\1\x7f\0\0\1", b"\4" + bytes(15) + b"\1", b"\3\0", b"\2xx", b"\3\xffa", b"\1\x7f"))


def dns(rng: random.Random, number: int) -> bytes:
    """Return a query, without TCP's length."""
    labels = rng.choice(NAMES).encode("latin-1", "replace").split(b".")
    if rng.random() < 0.1:
        labels = [rng.randbytes(rng.choice((1, 30, 63))) for _ in range(rng.choice((1, 3, 5)))]
    name = b"".join(_block(1, label[:255]) for label in labels if label) + b"\0"
    if rng.random() < 0.08:
        name = rng.choice((b"\xc0\x0c", b"\x07allowed\xc0\x0c", b"\x40" + b"a" * 64 + b"\0", b"\x3fa"))
    kind = rng.choice((1, 1, 28, 28, 16, 65, 64, 255, 252, 10, rng.randrange(65536)))
    flags = rng.choice((0x0100,) * 8 + (0x8100, 0x0900, 0x7800, 0xFFFF))
    counts = [1, 0, 0, 0]
    tail = b""
    if rng.random() < 0.3:
        data = rng.choice((b"", b"\0\x0a\0\x08abcdefgh", rng.randbytes(20)))
        tail = (
            b"\0"
            + struct.pack("!HHIH", 41, rng.choice((0, 512, 1232, 65535)), rng.choice((0, 0x8000, 1 << 24)), len(data))
            + data
        )
        counts[3] = 1
    if rng.random() < 0.1:
        counts[rng.randrange(4)] = rng.choice((0, 1, 2, 65535))
    raw = (
        struct.pack("!6H", number & 0xFFFF, flags, *counts)
        + name
        + struct.pack("!HH", kind, rng.choice((1,) * 8 + (3, 255)))
        + tail
    )
    return raw[:2] + flip(rng, raw[2:], 3) if rng.random() < 0.3 else raw
