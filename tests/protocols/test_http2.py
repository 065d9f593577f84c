"""HTTP/2's lists of fields as HTTP/1.1's heads, and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.http import ResponseHead, request_head
from vigiles.protocols.http2 import MAX_HEADER_LIST, Header, request_lines, response_headers
from vigiles.protocols.malformed import Malformed

GET: list[Header] = [
    (b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"a.example"), (b":path", b"/x?y"),
]  # fmt: skip


def test_a_request() -> None:
    lines = request_lines([*GET, (b"accept", b"*/*"), (b"host", b"a.example")], ended=True)
    assert lines == [b"GET /x?y HTTP/1.1", b"host: a.example", b"accept: */*"]
    assert request_head(lines).target == "/x?y"


def test_a_body_without_a_length_is_chunked() -> None:
    assert request_lines(GET, ended=False)[-1] == b"transfer-encoding: chunked"
    assert request_lines([*GET, (b"content-length", b"3")], ended=False)[-1] == b"content-length: 3"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        GET[:3],
        [*GET, (b":path", b"/z")],
        [*GET, (b":protocol", b"websocket")],
        [*GET, (b"host", b"evil.example")],
        [(b":method", b"CONNECT"), (b":authority", b"a.example:443")],
        [(b":method", b"CONNECT"), *GET[1:]],
        [(b":method", b"CONNECT"), *GET[1:], (b":protocol", b"websocket")],
        [GET[0], (b":scheme", b"http"), *GET[2:]],
        [*GET, (b"x", b"y" * MAX_HEADER_LIST)],
    ],
)
def test_what_has_no_such_form(headers: list[Header]) -> None:
    with pytest.raises(Malformed):
        request_lines(headers, ended=True)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([b"a", b"host", b":path", b":method", b"x\r\ny", b"X y"]), st.binary(max_size=12)))
)
def test_no_field_makes_a_line_of_its_own(fields: list[Header]) -> None:
    """Whatever is in a value: the strict reader gets as many fields as there were, or refuses."""
    try:
        head = request_head(request_lines([*GET, *fields], ended=True))
    except Malformed:
        return
    assert len(head.fields) == 1 + sum(name != b"host" for name, _ in fields)


def test_an_answer() -> None:
    fields = [
        ("Content-Type", "text/plain"),
        ("Connection", "x-y"),
        ("X-Y", "1"),
        ("Keep-Alive", "5"),
        ("Set-Cookie", "a\xe9"),
    ]
    head = ResponseHead(status=200, reason="OK", minor=1, fields=fields)
    assert response_headers(head) == [(b":status", b"200"), (b"content-type", b"text/plain"), (b"set-cookie", b"a\xe9")]
