from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.first_flight import MAX_UNDECIDED, classify

FLIGHTS = {
    b"GET / HTTP/1.1\r\n": "http",
    b"PROPFIND /x HTTP/1.1\r\n": "http",
    b"BREW /pot HTTP/1.1\r\n": "http",
    b"PRI * HTTP/2.0\r\n\r\n": "http",
    b"HTTP/1.1 200 OK\r\n": "http",
    b"SSH-2.0-OpenSSH_9.2\r\n": "ssh",
    b"SSH-1.5-x\n": "ssh",
    b"\x05\x01\x00": "socks",
    b"\x04\x01\x00\x50\x01\x02\x03\x04\x00": "socks",
    b"\x05\x01\x00more than a greeting": "other",
    b"\x16\x03\x01\x00\x05\x01": "tls",
    b"\x16\x03\x03\x00\x05\x02": "tls",
    b"\x16\x03\x01\x00\x05\x0b": "other",
    b"\x16\x09": "other",
    b'{"id":1,"method":"mining.subscribe","params":[]}\n': "stratum",
    b'  {"id": 1, "method": "login", "params": {"login": "x", "pass": "y"}}': "stratum",
    b'[{"id":0},{"id":1,"method":"mining.subscribe","params":[]}]': "stratum",
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}': "other",
    b'{"id":1,"method":"mining.subscribe"}': "other",
    b"{]": "other",
    b"EHLO mail.example\r\n": "other",
    b"USER anonymous\r\n": "other",
    b"220 mail.example ESMTP\r\n": "other",
    b"\x00\x00\x00\x01": "other",
}  # fmt: skip


@pytest.mark.parametrize("data", FLIGHTS)
def test_first_bytes(data: bytes) -> None:
    assert classify(data) == FLIGHTS[data]


@pytest.mark.parametrize("data", [d for d, p in FLIGHTS.items() if p in ("http", "ssh", "stratum", "tls")])
def test_a_judgement_once_made_stays(data: bytes) -> None:
    seen = [classify(data[:end]) for end in range(len(data) + 1)]
    decided = [one for one in seen if one is not None]
    assert seen[0] is None
    assert set(decided) == {FLIGHTS[data]}


def test_nesting_is_no_way_to_stop_us() -> None:
    for data in (b'{"a":' * 3000 + b"}", b"[" * 16_000 + b"]"):
        assert classify(data) in (None, "other")
        assert classify(data, ended=True) == "other"


def test_the_end_decides() -> None:
    assert classify(b"") is None
    assert classify(b"", ended=True) == "silent"
    assert classify(b"G", ended=True) == "other"
    assert classify(b'{"a":' + b" " * MAX_UNDECIDED) == "other"


@settings(max_examples=300)
@given(
    data=st.binary(max_size=100),
    prefix=st.sampled_from([b"", b"\x16\x03", b"SSH-", b"\x05", b"\x04\x01", b"{", b"AB ", b" "]),
)
def test_any_bytes(data: bytes, prefix: bytes) -> None:
    assert classify(prefix + data, ended=True) is not None
    classify(prefix + data)


@settings(max_examples=100)
@given(data=st.binary(max_size=60), sizes=st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_undecided_ends(pieces: Any, data: bytes, sizes: list[int]) -> None:
    so_far = b""
    for piece in pieces(data + b"\n" + b"\0" * MAX_UNDECIDED, [*sizes, 5000]):
        so_far += piece
        if classify(so_far) is not None:
            return
    raise AssertionError("never decided")
