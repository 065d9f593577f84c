from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.http_chunked import ChunkedScanner
from vigiles.protocols.malformed import Malformed


@settings(max_examples=100)
@given(
    chunks=st.lists(st.binary(min_size=1, max_size=50), max_size=5),
    trailer=st.sampled_from([b"", b"A: b\r\n", b"A: b\r\nC: d\r\n"]),
    after=st.binary(max_size=20),
    sizes=st.lists(st.integers(1, 20), min_size=1, max_size=4),
)
def test_the_end_is_found(pieces: Any, chunks: list[bytes], trailer: bytes, after: bytes, sizes: list[int]) -> None:
    body = b"".join(b"%x;a=b\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n" + trailer + b"\r\n"
    scanner = ChunkedScanner()
    used = sum(scanner.feed(piece) for piece in pieces(body + after, sizes))
    assert (used, scanner.done) == (len(body), True)


@pytest.mark.parametrize(
    "bad",
    [
        b"5\nhello\n0\n\n", b"g\r\n", b"-1\r\n", b"+5\r\nhello\r\n", b"0x5\r\nhello\r\n", b"5\r\nhelloX\r\n", b"5 \0\r\n",
        b"fffffffffffffffff\r\n", b"\r\n", b"1;" + b"a" * 600, b"0\r\nno trailer\r\n\r\n", b"0\r\nA: b\rc\r\n\r\n",
        b"0\r\n A: b\r\n\r\n", b"0\r\nA : b\r\n\r\n", b"0\r\nHost: b\r\n\r\n", b"0\r\nContent-Length: 9\r\n\r\n",
        b"0\r\nTransfer_Encoding: chunked\r\n\r\n", b"0\r\nA: \x0b\r\n\r\n", b"0\r\n" + b"A: b\r\n" * 1100 + b"\r\n",
        b"0\r\n\rGET / HTTP/1.1\r", b"0\r\r", b"5\r\nhello\rG", b"5;a\rGET", b"0\r\nA: b\rGET", b"GET /", b"0\r\n A",
        b"5;a\nGET\r\nhello\r\n",
    ],
)  # fmt: skip
def test_what_is_refused(bad: bytes) -> None:
    with pytest.raises(Malformed):
        ChunkedScanner().feed(bad)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    scanner = ChunkedScanner()
    try:
        assert scanner.feed(data) <= len(data)
    except Malformed:
        pass
