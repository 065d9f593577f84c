from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols import socks_server as socks
from vigiles.protocols.malformed import Malformed

_NAME = b"\x05\x01\x00\x03\x07a.b.c.d\x01\xbb"


@pytest.mark.parametrize(
    ("data", "command", "host", "port", "unfit"),
    [
        (_NAME, "CONNECT", "a.b.c.d", 443, 0),
        (b"\x05\x01\x00\x01\xcb\x00\x71\x05\x0d\x05", "CONNECT", "203.0.113.5", 3333, 0),
        (b"\x05\x01\x00\x04" + bytes(15) + b"\x01\x00\x16", "CONNECT", "::1", 22, 0),
        (
            b"\x05\x01\x00\x04" + bytes(10) + b"\xff\xff\xcb\x00\x71\x05\x00\x50",
            "CONNECT",
            str(ipaddress.IPv6Address("::ffff:203.0.113.5")),
            80,
            0,
        ),
        (b"\x05\x02\x00\x01\xcb\x00\x71\x05\x00\x50", "BIND", "203.0.113.5", 80, 7),
        (b"\x05\x03\x00\x01\x00\x00\x00\x00\x00\x00", "UDP ASSOCIATE", "0.0.0.0", 0, 7),
        (b"\x05\xf0\x00\x01\xcb\x00\x71\x05\x00\x50", None, "203.0.113.5", 80, 7),
        (b"\x05\x01\x00\x02abc", "CONNECT", "", 0, 8),
        (b"\x05\x01\x00\x03\x03a\0b\x01\xbb", "CONNECT", "a\0b", 443, 0),
        (b"\x05\x01\x00\x03\x02\xc3\xa4\x01\xbb", "CONNECT", "\\xc3\\xa4", 443, 0),
    ],
)
def test_requests(data: bytes, command: str | None, host: str, port: int, unfit: int) -> None:
    found = socks.request(data)
    assert found == socks.Request(command=command, host=host, port=port, size=len(data), unfit=unfit)  # type: ignore[arg-type]  # table
    for end in range(4 if unfit == 8 else len(data)):
        assert socks.request(data[:end]) is None


def test_offers() -> None:
    assert socks.offer(b"\x05\x02\x02\x00more") == socks.Offer(open=True, size=4)
    assert socks.offer(b"\x05\x01\x02") == socks.Offer(open=False, size=3)
    assert socks.offer(b"\x05\x03\x00") is socks.offer(b"\x05") is socks.offer(b"") is None


@pytest.mark.parametrize("bad", [b"\x04\x01", b"\x05\x00", b"G"])
def test_what_is_no_offer(bad: bytes) -> None:
    with pytest.raises(Malformed):
        socks.offer(bad)


@pytest.mark.parametrize("bad", [b"\x04\x01", b"\x05\x01\x01\x01", b"\x05\x01\x00\x03\x00"])
def test_what_is_no_request(bad: bytes) -> None:
    with pytest.raises(Malformed):
        socks.request(bad)


def test_a_reply_is_whole_for_every_client() -> None:
    assert socks.reply(socks.NOT_ALLOWED) == b"\x05\x02\x00\x01" + bytes(6)


@settings(max_examples=200)
@given(st.binary(max_size=300), st.sampled_from([b"", b"\x05", b"\x05\x01\x00\x03"]))
def test_any_bytes(data: bytes, prefix: bytes) -> None:
    for parse in (socks.offer, socks.request):
        try:
            found = parse(prefix + data)
        except Malformed:
            continue
        assert found is None or 0 < found.size <= len(prefix + data)
