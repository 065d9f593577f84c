"""Pairs of requests, and of answers, that two readers could cut at different places: what the door lets by has one reading.

Each row is sent to the proxy port, and again inside a tunnel. Whatever reached the host is read by both careless readers
(``fuzz_lenient``): they must find the same requests, one on each connection, and the door must have told of each.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from vigiles.cell.door.messages import Flows
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.sensor import Gap

HOST = "allowed.example"
#: {T} begins a target, {H} is the host and port; INNER is what is to be smuggled.
INNER = b"GET {T}/inner HTTP/1.1\r\nHost: {H}\r\n\r\n"
POST = b"POST {T}/a HTTP/1.1\r\nHost: {H}\r\n"
GET = b"GET {T}/a HTTP/1.1\r\nHost: {H}\r\n"
NEXT = b"GET {T}/b HTTP/1.1\r\nHost: {H}\r\nConnection: close\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BOTH, FIRST, NONE = ("/a", "/b"), ("/a",), ()

#: What is sent, and which targets the host may see.
PAIRS: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "honest": (GET + b"\r\n" + NEXT, BOTH),
    "honest bodies": (POST + b"Content-Length: 3\r\n\r\nabc" + NEXT, BOTH),
    "honest chunks": (CHUNKED + b"3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n" + NEXT, BOTH),
    "CL.TE": (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER, NONE),
    "TE.CL": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n2d\r\n" + INNER + b"\r\n0\r\n\r\n", NONE),
    "0.CL": (GET + b"Content-Length: 50\r\n\r\n" + INNER.ljust(50, b"x")[:50] + NEXT, FIRST),
    "CL.0": (POST + b"Content-Length: 5\r\n\r\nGET /" + NEXT, BOTH),
    "CL CL, unlike": (POST + b"Content-Length: 0\r\nContent-Length: 50\r\n\r\n" + INNER, NONE),
    "CL CL, alike": (POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc" + INNER, NONE),
    "CL list": (POST + b"Content-Length: 3, 50\r\n\r\nabc" + INNER, NONE),
    "CL signed": (POST + b"Content-Length: +3\r\n\r\nabc" + INNER, NONE),
    "CL hexadecimal": (POST + b"Content-Length: 0x3\r\n\r\nabc" + INNER, NONE),
    "CL of spaces": (POST + b"Content-Length: 3 3\r\n\r\nabc" + INNER, NONE),
    "CL empty": (POST + b"Content-Length:\r\n\r\n" + INNER, NONE),
    "CL negative": (POST + b"Content-Length: -1\r\n\r\n" + INNER, NONE),
    "CL with an underscore": (POST + b"Content_Length: 50\r\n\r\n" + INNER, NONE),
    "CL beyond 64 bits": (POST + b"Content-Length: 18446744073709551619\r\n\r\nabc" + INNER, NONE),
    "TE.TE, one unknown": (POST + b"Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n\r\n0\r\n\r\n" + INNER, NONE),
    "TE.TE, a list": (POST + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + INNER, NONE),
    "TE xchunked": (POST + b"Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + INNER, NONE),
    "TE space before the colon": (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + INNER, NONE),
    "TE folded": (POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + INNER, NONE),
    "TE behind a bare LF": (POST + b"X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER, NONE),
    "TE behind a bare CR": (POST + b"X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER, NONE),
    "TE vertical tab": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + INNER, NONE),
    "TE quoted": (POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n' + INNER, NONE),
    "TE NUL": (POST + b"Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n" + INNER, NONE),
    "TE with an underscore": (POST + b"Transfer_Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER, NONE),
    "TE in HTTP/1.0": (CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n" + INNER, NONE),
    "TE named by Connection": (
        POST + b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT, BOTH,
    ),
    "CL named by Connection": (POST + b"Connection: Content-Length\r\nContent-Length: 3\r\n\r\nabc" + NEXT, BOTH),
    "Host named by Connection": (GET + b"Connection: Host\r\n\r\n" + NEXT, BOTH),
    "chunk extension with LF": (CHUNKED + b"3;\n\r\nabc\r\n0\r\n\r\n" + INNER, FIRST),
    "chunk extension without end": (CHUNKED + b"3;" + b"x" * 9000 + b"\r\nabc\r\n0\r\n\r\n" + INNER, FIRST),
    "chunk size of 0x": (CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n" + INNER, FIRST),
    "chunk size too large": (CHUNKED + b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n" + INNER, FIRST),
    "chunk longer than it said": (CHUNKED + b"3\r\nabcX\r\n0\r\n\r\n" + INNER, FIRST),
    "chunks that end in LF": (CHUNKED + b"3\nabc\n0\n\n" + INNER, FIRST),
    "chunk with zeros before": (CHUNKED + b"0003\r\nabc\r\n000\r\n\r\n" + NEXT, BOTH),
    "trailer of framing": (CHUNKED + b"0\r\nContent-Length: 50\r\n\r\n" + INNER, FIRST),
    "trailer of Host": (CHUNKED + b"0\r\nHost: evil.example\r\n\r\n" + INNER, FIRST),
    "a last chunk that ends in CR": (CHUNKED + b"0\r\n\rGET {T}/inner HTTP/1.1\rHost: {H}\r\r", FIRST),
    "a size line with CR in it": (CHUNKED + b"0\r\rGET {T}/inner HTTP/1.1\rHost: {H}\r\r", FIRST),
    "a chunk that ends in CR": (CHUNKED + b"3\r\nabc\r0\r\rGET {T}/inner HTTP/1.1\r\r", FIRST),
    "trailer folded": (CHUNKED + b"0\r\nX: y\r\n Host: evil\r\n\r\n" + INNER, FIRST),
    "bare LF": (b"GET {T}/a HTTP/1.1\nHost: {H}\n\n\r\n\r\n" + INNER, NONE),
    "bare CR": (b"GET {T}/a HTTP/1.1\rHost: {H}\r\r" + INNER, NONE),
    "LF LF before the end": (GET + b"X: a\n\nGET /inner HTTP/1.1\r\n\r\n", NONE),
    "folded line": (GET + b"X: a\r\n GET /inner HTTP/1.1\r\n\r\n", NONE),
    "NUL in a name": (GET + b"X\0: a\r\n\r\n" + INNER, NONE),
    "NUL in a value": (GET + b"X: a\0b\r\n\r\n" + INNER, NONE),
    "Host of another": (b"GET {T}/a HTTP/1.1\r\nHost: evil.example\r\n\r\n" + INNER, NONE),
    "Host twice": (GET + b"Host: evil.example\r\n\r\n" + INNER, NONE),
    "Host folded away": (b"GET {T}/a HTTP/1.1\r\nX: a\r\n Host: {H}\r\nHost: evil.example\r\n\r\n", NONE),
    "absolute form of another": (b"GET http://evil.example/a HTTP/1.1\r\nHost: {H}\r\n\r\n" + INNER, NONE),
    "absolute form, user information": (b"GET http://{H}@evil.example/a HTTP/1.1\r\nHost: {H}\r\n\r\n" + INNER, NONE),
    "a target with a space": (b"GET {T}/a HTTP/1.1\x20HTTP/1.1\r\nHost: {H}\r\n\r\n" + INNER, NONE),
    "HTTP/0.9": (b"GET {T}/a\r\n\r\n" + INNER, NONE),
    "HTTP/1.0, kept": (
        GET.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\n\r\nGET {T}/b HTTP/1.0\r\nHost: {H}\r\n\r\n" + INNER, BOTH,
    ),
    "HTTP/1.0, not kept": (b"GET {T}/a HTTP/1.0\r\nHost: {H}\r\n\r\n" + INNER, FIRST),
    "Expect, with the body at once": (POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc" + NEXT, BOTH),
    "Expect without a body": (GET + b"Expect: 100-continue\r\n\r\n" + NEXT, BOTH),
    "an empty line between": (GET + b"\r\n\r\n" + NEXT, BOTH),
    "two empty lines between": (GET + b"\r\n\r\n\r\n" + INNER, FIRST),
    "pipelined after an error": (GET + b"\r\nnonsense\r\n\r\n" + INNER, FIRST),
    "pipelined after a refusal": (
        GET + b"\r\nGET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n" + INNER, FIRST,
    ),
    "pipelined after the last": (GET + b"Connection: close\r\n\r\n" + INNER, FIRST),
    "a change to h2c": (
        GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n\r\n" + INNER, NONE,
    ),
}  # fmt: skip

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
SPLIT = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsplit"
BOTH_FRAMES = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#: The method of the first of two requests, and what the host answers to it.
ANSWERS: dict[str, tuple[str, bytes]] = {
    "honest": ("GET", ANSWER),
    "two in one": ("GET", ANSWER + SPLIT),
    "a body for HEAD": ("HEAD", ANSWER + SPLIT),
    "a body behind 204": ("GET", b"HTTP/1.1 204 No\r\nContent-Length: 90\r\n\r\n" + SPLIT),
    "a body behind 304": ("GET", b"HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\nfirst" + SPLIT),
    "chunks behind 204": ("GET", b"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SPLIT),
    "length and chunks": ("GET", BOTH_FRAMES + SPLIT),
    "two lengths": ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nfirst" + SPLIT),
    "a line's end in a value": ("GET", b"HTTP/1.1 200 OK\r\nX: a\rHTTP/1.1 200 OK\rContent-Length: 5\r\r\n\r\n" + SPLIT),
    "bare LF": ("GET", b"HTTP/1.1 200 OK\nContent-Length: 5\n\nfirst" + SPLIT),
    "folded": ("GET", b"HTTP/1.1 200 OK\r\nX: a\r\n Content-Length: 50\r\nContent-Length: 5\r\n\r\nfirst" + SPLIT),
    "a reason with CR": ("GET", b"HTTP/1.1 200 O\rK\r\nContent-Length: 5\r\n\r\nfirst" + SPLIT),
    "chunks cut short": ("GET", CHUNKS + b"5\r\nfirst0\r\n\r\n" + SPLIT),
    "trailer of framing": ("GET", CHUNKS + b"0\r\nContent-Length: 90\r\n\r\n" + SPLIT),
    "chunks in HTTP/1.0": ("GET", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n" + SPLIT),
    "interim with a length": ("GET", b"HTTP/1.1 103 Hint\r\nContent-Length: 42\r\n\r\n" + ANSWER + SPLIT),
    "interim without end": ("GET", b"HTTP/1.1 100 Go\r\n\r\n" * 500 + ANSWER),
    "a change nobody asked for": ("GET", b"HTTP/1.1 101 Now\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + SPLIT),
    "no status": ("GET", b"first" + SPLIT),
    "a status of four digits": ("GET", b"HTTP/1.1 2000 OK\r\n\r\n" + SPLIT),
    "until the end": ("GET", b"HTTP/1.1 200 OK\r\n\r\nfirst" + SPLIT),
}  # fmt: skip


class Heard:
    """A host that keeps each connection's bytes apart, and answers each request it is sent by ``answer``."""

    def __init__(self, outside: Any, answer: Callable[[bytes], bytes]) -> None:
        self.connections: list[bytes] = []
        self._answer = answer
        self.server = outside(self._speak)
        self.authority = f"{HOST}:{self.server.port}"

    def at_least(self, count: int) -> bool:
        """Whether so many connections brought something and have ended."""
        return sum(map(bool, self.connections)) >= count

    def _speak(self, sock: socket.socket, _server: Any) -> None:
        heard = b""
        answered = False
        try:
            while data := sock.recv(65536):
                heard += data
                if not answered and b"\r\n\r\n" in heard:
                    answered = True
                    sock.sendall(self._answer(heard))
                    # What a careless server would still take is waited for.
                    sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self.connections.append(heard)


def told(door: Any, call: int = 1) -> list[str]:
    return [m.path for m in list(door.messages) if isinstance(m, HttpRequest) and m.coordinates.call == call]


def until(true: Callable[[], bool], name: str) -> None:
    deadline = time.monotonic() + 8
    while not true():
        assert time.monotonic() < deadline, name
        time.sleep(0.002)


@pytest.fixture
def read(fuzzing: dict[str, ModuleType]) -> ModuleType:
    return fuzzing["fuzz_lenient"]


@pytest.mark.parametrize("tunnelled", [False, True], ids=["to the proxy", "in a tunnel"])
def test_requests_have_one_reading(start_door: Any, outside: Any, read_all: Any, read: ModuleType, tunnelled: bool) -> None:
    heard = Heard(outside, lambda _: ANSWER)
    door = start_door(heard.server.port, head_ms=400, first_flight_ms=400)
    for call, (name, (raw, expected)) in enumerate(PAIRS.items(), 1):
        heard.connections.clear()
        target = b"" if tunnelled else f"http://{heard.authority}".encode()
        sent = raw.replace(b"{T}", target).replace(b"{H}", heard.authority.encode())
        with door.tunnel(HOST, heard.server.port, call) if tunnelled else door.connect(door.proxy, call) as sock:
            with contextlib.suppress(OSError):
                sock.sendall(sent)
                sock.shutdown(socket.SHUT_WR)
            read_all(sock)
        until(lambda: not door.order(Flows).flows, name)
        until(partial(heard.at_least, len(expected)), name)
        for habits in read.READERS:
            found = [read.requests(one, habits) for one in heard.connections if one]
            assert [len(one) for one in found] == [1] * len(found), (name, heard.connections)
            assert sorted(one[0].target for one in found) == sorted(expected), (name, heard.connections)
        assert sorted(told(door, call)) == sorted(expected), name
    assert not [message for message in door.messages if isinstance(message, Gap)]


def test_answers_have_one_reading(start_door: Any, outside: Any, read_all: Any, read: ModuleType) -> None:
    hostile = b""
    heard = Heard(outside, lambda raw: hostile if b" /a " in raw else b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond")
    door = start_door(heard.server.port)
    for name, (method, hostile) in ANSWERS.items():  # noqa: B007  # the host answers with it
        base = f"http://{heard.authority}"
        raw = "".join(
            f"{verb} HTTP/1.1\r\nHost: {heard.authority}\r\n\r\n" for verb in (f"{method} {base}/a", f"GET {base}/b")
        )
        with door.connect(door.proxy) as sock:
            with contextlib.suppress(OSError):
                sock.sendall(raw.encode())
                sock.shutdown(socket.SHUT_WR)
            got = read_all(sock)
        for habits in read.READERS:
            found = read.answers(got.removesuffix(b"<RST>"), habits, [method, "GET"])
            assert 1 <= len(found) <= 2, (name, got)
            if len(found) == 2:
                assert got.endswith(b"second"), (name, got)
                assert found[1].size == 6, (name, got)
        assert b" 101 " not in got, name


def test_an_early_answer_ends_the_connection(start_door: Any, outside: Any, read_all: Any) -> None:
    heard = Heard(outside, lambda _: ANSWER)
    door = start_door(heard.server.port)
    target = f"http://{heard.authority}"
    inner = INNER.replace(b"{T}", target.encode()).replace(b"{H}", heard.authority.encode())
    with door.connect(door.proxy) as sock:
        head = f"POST {target}/a HTTP/1.1\r\nHost: {heard.authority}\r\nContent-Length: {len(inner) + 3}\r\n\r\nabc"
        sock.sendall(head.encode())
        got = sock.recv(4096)
        assert got.startswith(b"HTTP/1.1 200 ")
        try:
            sock.sendall(inner)
        except OSError:
            pass
        assert b"HTTP/1.1" not in read_all(sock)
    door.wait_flow(lambda flow: flow.phase == "close")
    assert told(door) == ["/a"]
    assert len(heard.connections) <= 1
