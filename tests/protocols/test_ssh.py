from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.ssh import SshStream


def packet(kind: int, size: int = 20) -> bytes:
    payload = bytes([kind]) + bytes(size)
    padding = 8 - (len(payload) + 5) % 8 + 8
    return (len(payload) + padding + 1).to_bytes(4, "big") + bytes([padding]) + payload + bytes(padding)


CLEAR = b"SSH-2.0-OpenSSH_9.2p1\r\n" + packet(20, 900) + packet(30, 33) + packet(21, 0)


@settings(max_examples=50)
@given(sizes=st.lists(st.integers(1, 400), min_size=1, max_size=5), after=st.integers(0, 200))
def test_sizes_begin_after_newkeys(pieces: Any, sizes: list[int], after: int) -> None:
    stream = SshStream()
    counted = sum(stream.feed(piece) for piece in pieces(CLEAR + bytes(after), sizes))
    assert counted == after
    facts = stream.facts
    assert (facts.banner, facts.kex_packets, facts.encrypted) == ("SSH-2.0-OpenSSH_9.2p1", 3, True)
    assert stream.feed(bytes(68)) == 68


def test_lines_before_a_banner() -> None:
    stream = SshStream()
    stream.feed(b"Welcome\r\nto this host\nSSH-2.0-x\r\n")
    assert stream.facts.banner == "SSH-2.0-x"


@pytest.mark.parametrize(
    "bad",
    [
        b"SSH-2.0-" + b"a" * 300 + b"\r\n", b"a" * 300, b"hello\n" * 1000,
        b"SSH-2.0-x\r\n" + packet(21), b"SSH-2.0-x\r\n" + b"\xff" * 20, b"SSH-2.0-x\r\n" + bytes(20),
    ],
)  # fmt: skip
def test_what_is_no_ssh(bad: bytes) -> None:
    with pytest.raises(Malformed):
        SshStream().feed(bad)


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for prefix in (b"", b"SSH-2.0-x\r\n", b"SSH-2.0-x\r\n" + packet(20)):
        try:
            assert 0 <= SshStream().feed(prefix + data) <= len(data)
        except Malformed:
            pass
