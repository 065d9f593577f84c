from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.http import (
    MAX_HEAD,
    Framing,
    HeadReader,
    RequestHead,
    forwardable,
    render,
    request_framing,
    request_head,
    response_framing,
    response_head,
    tokens,
)
from vigiles.protocols.malformed import Malformed


def request(raw: bytes) -> RequestHead:
    lines = HeadReader().feed(raw)
    assert lines is not None
    return request_head(lines)


GOOD = b"POST http://h.example:8080/p?q=1 HTTP/1.1\r\nHost: h.example:8080\r\nContent-Length: 3\r\nX-A: b \r\n\r\nabc"


def test_a_request() -> None:
    reader = HeadReader()
    lines = reader.feed(GOOD)
    assert lines is not None
    head = request_head(lines)
    assert (head.method, head.target, head.minor) == ("POST", "http://h.example:8080/p?q=1", 1)
    assert head.fields == [("Host", "h.example:8080"), ("Content-Length", "3"), ("X-A", "b")]
    assert reader.rest == b"abc"
    assert request_framing(head) == Framing(kind="length", size=3)


@settings(max_examples=50)
@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5))
def test_in_any_pieces(pieces: Any, sizes: list[int]) -> None:
    reader = HeadReader()
    found = None
    after = b""
    for piece in pieces(b"\r\n" + GOOD, sizes):
        if found is None:
            found = reader.feed(piece)
        else:
            after += piece
    assert found is not None
    assert request_head(found) == request(GOOD)
    assert reader.rest + after == b"abc"


@settings(max_examples=30)
@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5))
def test_a_second_empty_line_is_refused_in_any_pieces(pieces: Any, sizes: list[int]) -> None:
    reader = HeadReader()
    lines = next(found for piece in pieces(b"\r\n\r\n" + GOOD, sizes) if (found := reader.feed(piece)) is not None)
    with pytest.raises(Malformed):
        request_head(lines)


BAD = {
    "bare LF": b"GET / HTTP/1.1\nHost: a\n\r\n\r\n",
    "folded": b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
    "NUL": b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    "control byte": b"GET / HTTP/1.1\r\nHost: a\r\nX: \x1b[0m\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\nX: a\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "space in target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes in target": b"GET /\xc3\xbc HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\n",
    "lower case version": b"GET / http/1.1\r\nHost: a\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n",
    "space before colon": b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
    "empty name": b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "length and coding": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "two lengths": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    "a list of lengths": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
    "a signed length": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
    "a digit of another script": "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: ²\r\n\r\n".encode("latin-1"),
    "two codings": b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "coding in 1.0": b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a vertical tab after chunked": b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\x0b\r\n\r\n",
    "a length with an underscore": b"POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 1\r\n\r\n",
    "a coding with a dot": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer.Encoding: chunked\r\n\r\n",
    "too many": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 200 + b"\r\n",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        request(BAD[name])


def test_a_head_without_end() -> None:
    reader = HeadReader()
    assert reader.feed(b"a" * (MAX_HEAD - 10)) is None
    with pytest.raises(Malformed):
        reader.feed(b"a" * 20)


def test_a_nul_is_refused_before_the_head_is_whole() -> None:
    with pytest.raises(Malformed):
        HeadReader().feed(b"GET http://a\0b")


@pytest.mark.parametrize(
    ("method", "status", "fields", "expected"),
    [
        ("GET", 200, b"Content-Length: 5\r\n", Framing(kind="length", size=5)),
        ("GET", 200, b"Transfer-Encoding: chunked\r\n", Framing(kind="chunked")),
        ("GET", 200, b"", Framing(kind="close")),
        ("HEAD", 200, b"Content-Length: 5\r\n", Framing(kind="none")),
        ("GET", 304, b"Content-Length: 5\r\n", Framing(kind="none")),
        ("GET", 204, b"", Framing(kind="none")),
        ("GET", 100, b"", Framing(kind="none")),
    ],
)
def test_how_an_answer_ends(method: str, status: int, fields: bytes, expected: Framing) -> None:
    lines = HeadReader().feed(b"HTTP/1.1 %d Fine\r\n%s\r\n" % (status, fields))
    assert lines is not None
    head = response_head(lines)
    assert (head.status, head.reason) == (status, "Fine")
    assert response_framing(head, method) == expected


def test_fields_for_one_hop() -> None:
    fields = [
        ("Host", "a"),
        ("Connection", "X-Gone, host"),
        ("X-Gone", "1"),
        ("TE", "x"),
        ("Upgrade", "h2c"),
        ("X-Kept", "1"),
    ]
    assert forwardable(fields) == [("Host", "a"), ("X-Kept", "1")]
    assert tokens(fields, "connection") == ["x-gone", "host"]
    assert render("GET / HTTP/1.1", [("A", "b")]) == b"GET / HTTP/1.1\r\nA: b\r\n\r\n"


@settings(max_examples=300)
@given(data=st.binary(max_size=300), sizes=st.lists(st.integers(1, 60), min_size=1, max_size=3))
def test_any_bytes(pieces: Any, data: bytes, sizes: list[int]) -> None:
    for raw in (data, b"GET / HTTP/1.1\r\nHost: a\r\n" + data + b"\r\n\r\n"):
        reader = HeadReader()
        try:
            for piece in pieces(raw, sizes):
                lines = reader.feed(piece)
                if lines is not None:
                    head = request_head(lines)
                    again = request(render(f"{head.method} {head.target} HTTP/1.{head.minor}", head.fields))
                    assert again == head
                    break
        except Malformed:
            pass
