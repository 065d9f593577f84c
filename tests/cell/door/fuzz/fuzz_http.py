"""HTTP/1 requests and answers by a grammar that knows where recipients differ."""

from __future__ import annotations

import random

from fuzz_bytes import flip

METHODS = ("GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "PATCH", "TRACE", "get", "PRI", "M-SEARCH", "X" * 33)
VERSIONS = ("HTTP/1.1",) * 12 + ("HTTP/1.0",) * 3 + ("HTTP/1.2", "HTTP/0.9", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", "")
NAMES = ("evil.example", "127.0.0.1", "[::1]", "2130706433", "0x7f.1", "localhost", "169.254.169.254", "évil.example")
_INNER = "GET /smuggled HTTP/1.1\r\nHost: {H}\r\n\r\n"
REASONS = ("OK", "", "a\tb", "é")
#: What tells where a body ends, well and badly.
FRAMES = (
    "", "", "Content-Length: 5", "Content-Length: 0", "Transfer-Encoding: chunked", "content-length: 5",
    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Content-Length: 5\r\nContent-Length: 50", "Content-Length: 5, 5", "Content-Length: +5", "Content-Length: 0x5",
    "Content-Length: 5 ", "Content-Length : 5", "Content_Length: 5", "Content-Length: -1", "Content-Length:\t5",
    "Content-Length: 99999999999999999999", "Content-Length:", "Content-Length: 5\x0b", " Content-Length: 5",
    "Transfer-Encoding: xchunked", "Transfer-Encoding : chunked", "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: identity", "Transfer-Encoding:\tchunked", "Transfer-Encoding: CHUNKED", "Transfer_Encoding: chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: \x0bchunked",
    "Transfer-Encoding:\r\n chunked", "X: a\nTransfer-Encoding: chunked", "X: a\rContent-Length: 44", "TE: chunked",
    "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked;q=1", "Content-Length: 5\r\nExpect: 100-continue",
    "Transfer-Encoding\0: chunked", "Transfer-Encoding: chun\0ked", "Content-Length: 5;q=1", "Content.Length: 44",
)  # fmt: skip
FIELDS = (
    "X-A: b", "Connection: close", "Connection: keep-alive", "Connection: Host, Content-Length", "Upgrade: websocket",
    "Connection: Transfer-Encoding", "Proxy-Connection: keep-alive", "Trailer: Host", "Keep-Alive: timeout=5",
    "X:  folded\r\n more",
    "Expect: 100-continue", "Host: evil.example", "X-Forwarded-Host: evil.example", ": nameless", "noColon", "X\t: a",
    "Cookie: a=b; c=\"d", "Range: bytes=0-1", "X-Odd: \x80\xff", "Te: trailers", "HTTP2-Settings: AAMAAABk", "Host : {H}",
    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings", "X-HTTP-Method-Override: CONNECT", "Date: \x7f",
    "X: " + "a" * 9000,
)  # fmt: skip
BODIES = (
    b"hello", b"", b"5\r\nhello\r\n0\r\n\r\n", b"5;x=y\r\nhello\r\n0\r\n\r\n", b"0\r\n\r\n", b"5\nhello\n0\n\n",
    b"0\r\nX: y\r\n\r\n",
    b"05\r\nhello\r\n00\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"5;\n\r\nhello\r\n0\r\n\r\n",
    b"fffffffffffffff\r\nhello", b"-5\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloX\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n",
    b"0\r\nHost: evil\r\n\r\n",
    b"0\r\n Host: evil\r\n\r\n", b"0\r\nContent-Length : 9\r\n\r\n", b"5;" + b"e" * 600 + b"\r\nhello\r\n0\r\n\r\n",
    b"1;a=\"\r\nb\"\r\nx\r\n0\r\n\r\n", b"0;\x0b\r\n\r\n", b"0\r\nX\0: y\r\n\r\n", b"0\r\nX: \x0b\r\n\r\n",
)  # fmt: skip
#: A frame and a body that fit.
FITTING = (
    ("", b""), ("", b""), ("Content-Length: 5", b"hello"), ("Content-Length: 0", b""),
    ("Transfer-Encoding: chunked", BODIES[2]),
    ("Transfer-Encoding: chunked", BODIES[3]), ("Transfer-Encoding: chunked", b"0\r\nX: y\r\n\r\n"),
)  # fmt: skip


def request(rng: random.Random, authority: str, tag: str, *, absolute: bool) -> bytes:
    """Return one request, perhaps with more behind it; ``tag`` is in its path. ``absolute``: as a proxy is asked.

    Every other one is right but for one thing, or for nothing: those get far.
    """
    odd = 1.0 if rng.random() < 0.5 else 0.1

    def happens(chance: float) -> bool:
        return rng.random() < chance * odd

    method = rng.choice(METHODS) if happens(0.5) else rng.choice(("GET", "POST", "HEAD"))
    host = rng.choice(NAMES) if happens(0.1) else authority
    where = rng.choice(NAMES) if happens(0.07) else authority
    path = f"/{tag}" + rng.choice(("", "", "?q=1", "/..;/x", "//evil.example/", "?http://evil.example/"))
    target = f"http://{where}{path}" if absolute != happens(0.04) else path
    if happens(0.03):
        target = rng.choice(("*", f"https://{where}/", f"http://{where}@evil.example/", f"http:/{where}/", f"//{where}/"))
    fields = [] if happens(0.03) else [f"Host: {host}"]
    fields += rng.sample(FIELDS, rng.choice((1, 1, 2, 3))) if happens(0.6) else []
    frame, body = (rng.choice(FRAMES), rng.choice(BODIES)) if happens(0.9) else rng.choice(FITTING)
    if rng.random() < 0.1:
        body = rng.choice(BODIES)
    fields.insert(rng.randint(0, len(fields)), frame)
    if happens(0.15):
        rng.shuffle(fields)
    line = rng.choice(("\n", "\r", "\r\r\n", "\r\n ")) if happens(0.04) else "\r\n"
    version = rng.choice(VERSIONS) if happens(0.7) else "HTTP/1.1"
    head = line.join([f"{method} {target} {version}", *(field for field in fields if field), "", ""])
    raw = head.replace("{H}", authority).encode("latin-1", "replace") + body
    if rng.random() < 0.3:
        raw += _INNER.replace("{H}", authority).encode()
    return flip(rng, raw, 4 if odd == 1 else 1) if rng.random() < 0.3 else raw


def requests(rng: random.Random, authority: str, tag: str, *, absolute: bool) -> bytes:
    """Return what a client sends on one connection."""
    return b"".join(
        request(rng, authority, f"{tag}-{number}", absolute=absolute) for number in range(rng.choice((1, 1, 1, 2, 3)))
    )


HONEST = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhonest"


def honest(authority: str) -> bytes:
    """Return a request that is answered with :data:`HONEST`."""
    return f"GET http://{authority}/honest HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n".encode()


def answer(rng: random.Random, tag: str) -> bytes:
    """Return what a hostile host answers."""
    if rng.random() < 0.4:
        body = f"plain {tag}"
        return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    status = rng.choice((200, 200, 200, 204, 304, 100, 101, 103, 199, 301, 404, 407, 500, 99, 600, 1000))
    fields = [rng.choice(FRAMES), *rng.sample(FIELDS, rng.choice((0, 0, 1, 2)))]
    fields += [f"Set-Cookie: a={tag}\rLocation: /x"] if rng.random() < 0.05 else []
    line = "\r\n" if rng.random() < 0.95 else rng.choice(("\n", "\r", "\r\r\n"))
    head = line.join([f"{rng.choice(VERSIONS)} {status} {rng.choice(REASONS)}", *filter(None, fields), "", ""])
    raw = head.encode("latin-1", "replace") + rng.choice(BODIES)
    if rng.random() < 0.3:
        raw += b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-Split: yes\r\n\r\nabc"
    if rng.random() < 0.1:
        raw = b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * rng.choice((1, 7, 30)) + raw
    return flip(rng, raw) if rng.random() < 0.35 else raw
