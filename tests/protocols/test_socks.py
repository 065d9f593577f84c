from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.socks import SocksGreeting, greeting


@pytest.mark.parametrize(
    ("data", "version", "destination", "size"),
    [
        (b"\x05\x01\x00", "5", None, 3),
        (b"\x05\x02\x00\x02", "5", None, 4),
        (b"\x05\x01\x00\x05\x01\x00\x01\xcb\x00\x71\x05\x0d\x05", "5", "203.0.113.5:3333", 3),
        (b"\x05\x01\x00\x05\x01\x00\x03\x04pool\x0d\x05", "5", "pool:3333", 3),
        (b"\x05\x01\x00\x05\x01\x00\x04" + bytes(15) + b"\x01\x00\x16", "5", "[::1]:22", 3),
        (b"\x04\x01\x00\x50\xcb\x00\x71\x05me\x00", "4", "203.0.113.5:80", 11),
        (b"\x04\x01\x00\x16\x00\x00\x00\x01\x00host.example\x00", "4a", "host.example:22", 22),
    ],
)
def test_greetings(data: bytes, version: str, destination: str | None, size: int) -> None:
    assert greeting(data) == SocksGreeting(version=version, destination=destination, size=size)  # type: ignore[arg-type]  # table
    for end in range(size):
        assert greeting(data[:end]) is None


@pytest.mark.parametrize("bad", [b"\x06", b"\x05\x00", b"\x04\x03\x00", b"\x04\x01" + bytes(6) + b"a" * 300])
def test_what_is_no_socks(bad: bytes) -> None:
    with pytest.raises(Malformed):
        greeting(bad)


@settings(max_examples=200)
@given(st.binary(max_size=60), st.sampled_from([b"", b"\x04", b"\x05", b"\x04\x01\x00\x16\x00\x00\x00\x01"]))
def test_any_bytes(data: bytes, prefix: bytes) -> None:
    try:
        found = greeting(prefix + data)
        assert found is None or found.size <= len(prefix + data)
    except Malformed:
        pass
