from __future__ import annotations

import gzip
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.body import inner_protocol, opaque

SUBSCRIBE = b'{"id": 1, "method": "mining.subscribe", "params": ["miner/1.0"]}\n'


@pytest.mark.parametrize(
    ("first", "inner"),
    [
        (b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "ssh"),
        (b"SSH-1.99-old\n" + b"\0\0\5\x14", "ssh"),
        (SUBSCRIBE, "stratum"),
        (b" \n" + SUBSCRIBE + SUBSCRIBE, "stratum"),
        (b"SSH-2.0-", None),
        (b"SSH-2.0 is the version that everybody speaks\n", None),
        (b"The banner is SSH-2.0-OpenSSH_9.2\r\n", None),
        (b'{"banner": "SSH-2.0-OpenSSH_9.2"}', None),
        (b'{"method": "login", "params": {"login": "me", "pass": "x", "agent": "tool"}}', None),
        (b'{"method": "submit", "params": {"job_id": "7", "nonce": "1", "result": "2"}}', None),
        (b'{"method": "mining.subscribe"', None),
        (b"", None),
    ],
)
def test_what_a_body_begins_with(first: bytes, inner: str | None) -> None:
    assert inner_protocol(first) == inner
    assert inner_protocol(b"%x;ext=1\r\n" % (len(first) or 1) + first, chunked=True) == inner


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=100)
def test_any_bytes_are_read(first: bytes, chunked: bool) -> None:
    assert inner_protocol(first, chunked) in (None, "ssh", "stratum")


def test_chance_is_told_from_text_files_and_patterns() -> None:
    draw = random.Random(3)
    for size in (36, 48, 76, 100, 500, 4000):
        assert sum(opaque(draw.randbytes(size)) for _ in range(200)) >= 186, size
    words = json.dumps({"job": 7, "arguments": ["a", "b"] * 20}).encode()
    packed = b"".join(
        b"\x0a%c%s\x10%c" % (len(name), name, number) for number, name in enumerate([b"loss", b"accuracy"] * 9)
    )
    for honest in (
        words,
        gzip.compress(words),
        bytes(200),
        bytes(range(40)) + bytes(200),
        packed,
        b"short",
        b"\x89PNG" + bytes(64),
    ):
        assert not opaque(honest)
