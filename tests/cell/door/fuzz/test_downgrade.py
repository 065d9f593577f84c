"""HTTP/2 requests that would be two, or another, written as HTTP/1.1: what reaches the host has one reading."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hpack import Encoder

from vigiles.cell import authority
from vigiles.cell.door.messages import Flows
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.sensor import Gap

HOST = "allowed.example"
OURS = authority.mint()
DATA, HEADERS, RST, SETTINGS, CONTINUATION = 0, 1, 3, 4, 9
END_STREAM, END_HEADERS, PADDED = 1, 4, 8
Fields = list[tuple[str, str]]

PSEUDO: Fields = [(":method", "POST"), (":scheme", "https"), (":authority", "{H}"), (":path", "/a")]
INNER = "GET /inner HTTP/1.1\r\nHost: {H}\r\n\r\n"


def swapped(name: str, value: str) -> Fields:
    return [(key, value if key == name else said) for key, said in PSEUDO]


#: The fields of a request, its body, and which targets the host may see of it.
PAIRS: dict[str, tuple[Fields, bytes, tuple[str, ...]]] = {
    "honest": (PSEUDO, b"hello", ("/a",)),
    "honest length": ([*PSEUDO, ("content-length", "5")], b"hello", ("/a",)),
    "CRLF in a value": ([*PSEUDO, ("x", "a\r\nTransfer-Encoding: chunked")], b"0\r\n\r\n" + INNER.encode(), ()),
    "a request in a value": ([*PSEUDO, ("x", "a\r\n\r\n" + INNER)], b"", ()),
    "LF in a value": ([*PSEUDO, ("x", "a\nContent-Length: 0")], INNER.encode(), ()),
    "CR in a value": ([*PSEUDO, ("x", "a\rContent-Length: 0")], INNER.encode(), ()),
    "NUL in a value": ([*PSEUDO, ("x", "a\0b")], b"", ()),
    "CRLF in a name": ([*PSEUDO, ("x: a\r\ntransfer-encoding", "chunked")], b"0\r\n\r\n" + INNER.encode(), ()),
    "a colon in a name": ([*PSEUDO, ("transfer-encoding: chunked\r\nx", "y")], b"", ()),
    "a space in a name": ([*PSEUDO, ("transfer-encoding ", "chunked")], b"0\r\n\r\n" + INNER.encode(), ()),
    "an underscore in a name": ([*PSEUDO, ("content_length", "0")], INNER.encode(), ()),
    "an upper case name": ([*PSEUDO, ("Transfer-Encoding", "chunked")], b"0\r\n\r\n" + INNER.encode(), ()),
    "an empty name": ([*PSEUDO, ("", "a")], b"", ()),
    "a coding": ([*PSEUDO, ("transfer-encoding", "chunked")], b"0\r\n\r\n" + INNER.encode(), ()),
    "connection": ([*PSEUDO, ("connection", "content-length")], b"hello", ()),
    "upgrade": ([*PSEUDO, ("upgrade", "h2c")], b"", ()),
    "te": ([*PSEUDO, ("te", "chunked")], b"hello", ()),
    "a length too short": ([*PSEUDO, ("content-length", "0")], INNER.encode(), ()),
    "two lengths": ([*PSEUDO, ("content-length", "5"), ("content-length", "0")], b"hello", ()),
    "a signed length": ([*PSEUDO, ("content-length", "+5")], b"hello", ()),
    "a list of lengths": ([*PSEUDO, ("content-length", "5, 0")], b"hello", ()),
    "chunks for a body": (PSEUDO, b"0\r\n\r\n" + INNER.encode(), ("/a",)),
    "CRLF in the path": (swapped(":path", "/a HTTP/1.1\r\nHost: {H}\r\n\r\nGET /inner"), b"", ()),
    "a space in the path": (swapped(":path", "/a HTTP/1.1"), b"", ()),
    "an empty path": (swapped(":path", ""), b"", ()),
    "an absolute path of another": (swapped(":path", "https://evil.example/a"), b"", ()),
    "an authority of another": (swapped(":authority", "evil.example"), b"", ()),
    "an authority with CRLF": (swapped(":authority", "{H}\r\nX: y"), b"", ()),
    "an authority with a path": (swapped(":authority", "{H}/inner"), b"", ()),
    "an authority with user information": (swapped(":authority", "{H}@evil.example"), b"", ()),
    "another Host": ([*PSEUDO, ("host", "evil.example")], b"", ()),
    "two Hosts, no authority": (
        [*swapped(":authority", "")[:2], PSEUDO[3], ("host", "{H}"), ("host", "evil.example")],
        b"",
        (),
    ),
    "a method with a space": (swapped(":method", "GET /inner HTTP/1.1\r\nX:"), b"", ()),
    "CONNECT": ([(":method", "CONNECT"), (":authority", "{H}")], b"", ()),
    "CONNECT for a protocol": ([*swapped(":method", "CONNECT"), (":protocol", "websocket")], b"", ()),
    "http": (swapped(":scheme", "http"), b"", ()),
    "a scheme with CRLF": (swapped(":scheme", "https\r\nX: y"), b"", ()),
    "two paths": ([*PSEUDO, (":path", "/inner")], b"", ()),
    "a pseudo-field behind a field": ([("x", "y"), *PSEUDO], b"", ()),
    "an unknown pseudo-field": ([*PSEUDO, (":x", "y")], b"", ()),
    "a response's pseudo-field": ([*PSEUDO, (":status", "200")], b"", ()),
    "no method": (PSEUDO[1:], b"", ()),
}


#: One field of 4,000 bytes, put into the table, and asked for ten thousand times.
_BOMB = b"\x40\x01x\x7f\x81\x1e" + b"a" * 4000 + b"\xbe" * 10_000


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream) + payload


class Host:
    """Hears requests inside TLS, each connection's bytes apart."""

    def __init__(self, outside: Any, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self.connections: list[bytes] = []
        self.changed = threading.Event()
        self.server = outside(self._speak)
        self.authority = f"{HOST}:{self.server.port}"

    def _speak(self, sock: socket.socket, _server: Any) -> None:
        heard = b""
        with contextlib.suppress(OSError), self._context.wrap_socket(sock, server_side=True) as inner:
            inner.settimeout(5)
            with contextlib.suppress(OSError):
                while data := inner.recv(65536):
                    heard += data
                    if heard.endswith((b"0\r\n\r\n", b"hello", b"\r\n\r\n")) and b"\r\n\r\n" in heard:
                        inner.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.connections.append(heard)


def say(door: Any, port: int, sent: bytes, call: int) -> bytes:
    """Send ``sent`` behind the preface inside TLS, and return what comes back until it is quiet or over."""
    context = ssl.create_default_context(cadata=authority.trust_in(OURS).certificate)
    context.set_alpn_protocols(["h2"])
    got = b""
    with contextlib.suppress(OSError):
        with context.wrap_socket(door.tunnel(HOST, port, call), server_hostname=HOST) as sock:
            sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, b"") + sent)
            sock.settimeout(0.5)
            # A GOAWAY of ours: the door ends the connection once it has answered what there is.
            sock.sendall(frame(7, 0, 0, bytes(8)))
            while data := sock.recv(65536):
                got += data
    return got


@pytest.fixture
def host(outside: Any, certificate: Path) -> Host:
    return Host(outside, certificate)


@pytest.fixture
def door(start_door: Any, host: Host, certificate: Path) -> Any:
    return start_door(host.server.port, authority=OURS, trust=[certificate.read_text()], head_ms=150)


def judge(door: Any, host: Host, name: str, call: int, expected: tuple[str, ...], read: ModuleType) -> None:
    """Wait until all has ended; hold what the host heard against what the door told."""
    deadline = time.monotonic() + 8
    while door.order(Flows).flows or len(host.connections) < host.server.connections:
        assert time.monotonic() < deadline, name
        time.sleep(0.005)
    for habits in read.READERS:
        found = [read.requests(one, habits) for one in host.connections if one]
        assert [len(one) for one in found] == [1] * len(found), (name, host.connections)
        assert [one[0].target for one in found] == list(expected), (name, host.connections)
        assert all(one[0].hosts == (host.authority,) for one in found), (name, host.connections)
    told = [m.path for m in list(door.messages) if isinstance(m, HttpRequest) and m.coordinates.call == call]
    assert told == list(expected), name


def test_requests_written_anew_have_one_reading(door: Any, host: Host, fuzzing: dict[str, ModuleType]) -> None:
    for call, (name, (fields, body, expected)) in enumerate(PAIRS.items(), 1):
        host.connections.clear()
        host.server.connections = 0
        listed = [(key.replace("{H}", host.authority), value.replace("{H}", host.authority)) for key, value in fields]
        packed = Encoder().encode(listed, huffman=call % 2 == 0)
        sent = frame(HEADERS, END_HEADERS | (0 if body else END_STREAM), 1, packed)
        if body:
            sent += frame(DATA, END_STREAM, 1, body.replace(b"{H}", host.authority.encode()))
        say(door, host.server.port, sent, call)
        judge(door, host, name, call, expected, fuzzing["fuzz_lenient"])
    assert not [message for message in door.messages if isinstance(message, Gap)]


def test_frames_that_no_library_writes(door: Any, host: Host, fuzzing: dict[str, ModuleType]) -> None:
    packed = Encoder().encode([(key, value.replace("{H}", host.authority)) for key, value in PSEUDO])
    whole = frame(HEADERS, END_HEADERS | END_STREAM, 1, packed)
    framing = Encoder().encode([("content-length", "0"), ("host", "evil")])
    ninety = Encoder().encode([("content-length", "90")])
    cases: dict[str, tuple[bytes, tuple[str, ...]]] = {
        "a head in pieces": (
            frame(HEADERS, END_STREAM, 1, packed[:5]) + frame(CONTINUATION, END_HEADERS, 1, packed[5:]), ("/a",),
        ),
        "a head without end": (frame(HEADERS, END_STREAM, 1, packed) + frame(CONTINUATION, 0, 1, b"") * 5000, ()),
        "another frame within a head": (frame(HEADERS, END_STREAM, 1, packed[:5]) + frame(DATA, 0, 1, b"x"), ()),
        "data behind the end": (whole + frame(DATA, END_STREAM, 1, INNER.encode()), ("/a",)),
        "trailers of framing": (
            frame(HEADERS, END_HEADERS, 1, packed) + frame(DATA, 0, 1, b"hello")
            + frame(HEADERS, END_HEADERS | END_STREAM, 1, framing), ("/a",),
        ),
        "a length too long": (
            frame(HEADERS, END_HEADERS, 1, packed + ninety) + frame(DATA, END_STREAM, 1, b"hello"), ("/a",),
        ),
        "data without a head": (frame(DATA, END_STREAM, 1, INNER.encode()), ()),
        "an even stream": (frame(HEADERS, END_HEADERS | END_STREAM, 2, packed), ()),
        "stream 0": (frame(HEADERS, END_HEADERS | END_STREAM, 0, packed), ()),
        "padding beyond the frame": (frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, b"\xff" + packed), ()),
        "compression that ends early": (frame(HEADERS, END_HEADERS | END_STREAM, 1, packed[:-3]), ()),
        "a table larger than allowed": (frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x3f\xe1\xff\xff\x0f" + packed), ()),
        "a bomb of references": (
            frame(HEADERS, END_HEADERS | END_STREAM, 1, packed + _BOMB), (),
        ),
        "a frame too long": (frame(DATA, 0, 1, b"x" * 70_000), ()),
        "HTTP/1.1 behind the preface": (INNER.encode(), ()),
    }  # fmt: skip
    for call, (name, (sent, most)) in enumerate(cases.items(), 1):
        host.connections.clear()
        host.server.connections = 0
        say(door, host.server.port, sent, call)
        # A request that was whole before the connection broke may have gone, or not.
        gone = tuple("/a" for one in (host.connections or [b""]) if one) and most
        judge(door, host, name, call, gone, fuzzing["fuzz_lenient"])
    assert not [message for message in door.messages if isinstance(message, Gap)]
