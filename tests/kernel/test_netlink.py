"""Netlink framing: what is packed is read back, and what lies about its length is not read."""

from __future__ import annotations

import errno
import os
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.kernel import netlink

flat = st.tuples(st.integers(0, 0x3FFF), st.binary(max_size=40))
trees = st.recursive(flat, lambda inner: st.tuples(st.integers(0, 0x3FFF), st.lists(inner, max_size=4)), max_leaves=12)


def packed(tree: object) -> bytes:
    kind, value = tree  # type: ignore[misc]  # hypothesis gives (int, bytes) or (int, list of the same)
    return netlink.attribute(kind, value) if isinstance(value, bytes) else netlink.nested(kind, *map(packed, value))


def unpacked(data: bytes) -> list[object]:
    """Read attributes as the kernel does (nla_for_each_attr)."""
    found: list[object] = []
    while data:
        length, kind = struct.unpack_from("=HH", data)
        value = data[4:length]
        found.append((kind & ~netlink.NESTED, unpacked(value) if kind & netlink.NESTED else value))
        data = data[length + -length % 4 :]
    return found


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (netlink.attribute(1, b""), "04000100"),
        (netlink.attribute(2, b"\x01"), "0500020001000000"),
        (netlink.attribute(7, b"abc\0"), "0800070061626300"),
        (netlink.nested(3, netlink.attribute(1, b"\0\0\0\1")), "0c00038008000100 00000001"),
        (netlink.message(16, 5, 9, b"x"), "1100000010000500 0900000000000000 78000000"),
    ],
)
@pytest.mark.skipif(os.sys.byteorder == "big", reason="the bytes are those of a little-endian machine")
def test_the_bytes(made: bytes, wanted: str) -> None:
    assert made.hex() == wanted.replace(" ", "")


@given(st.lists(trees, max_size=4))
def test_attributes_come_back(forest: list[object]) -> None:
    assert unpacked(b"".join(map(packed, forest))) == forest


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 2**32 - 1), st.binary(max_size=30))))
def test_messages_come_back(many: list[tuple[int, int, int, bytes]]) -> None:
    data = b"".join(netlink.message(*one) for one in many)
    assert [tuple(one) for one in netlink.messages(data)] == many


@given(st.binary(max_size=100))
def test_any_bytes_are_read_to_an_end(data: bytes) -> None:
    assert sum(16 + len(one.body) for one in netlink.messages(data)) <= len(data)


@pytest.mark.parametrize("length", [0, 15, 21, 2**32 - 1])
def test_a_message_that_lies_about_its_length_is_not_read(length: int) -> None:
    honest = netlink.message(2, 0, 1, b"body")
    assert list(netlink.messages(honest + struct.pack("=I", length) + honest[4:])) == list(netlink.messages(honest))


@pytest.mark.parametrize(("body", "error"), [(b"", errno.EBADMSG), (b"\0\0\0\0", 0), (struct.pack("=i", -17) + b"more", 17)])
def test_the_kernels_answer(body: bytes, error: int) -> None:
    answer = netlink.Message(netlink.ERROR, 0, 1, body)
    assert netlink.refusal(answer) == error
    if not error:
        netlink.check(answer, "asking")
        return
    with pytest.raises(OSError, match="asking: ") as caught:
        netlink.check(answer, "asking")
    assert caught.value.errno == error


def test_a_real_kernel_reads_and_answers_it() -> None:
    """RTM_GETLINK for an interface that is not there, and for the first."""
    for index, wanted in ((1, 16), (2**30, netlink.ERROR)):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as link:
            link.send(netlink.message(18, netlink.REQUEST, 7, struct.pack("=BxHiII", 0, 0, index, 0, 0)))
            (answer,) = netlink.messages(link.recv(65536))
        assert (answer.kind, answer.sequence) == (wanted, 7)
    assert netlink.refusal(answer) == errno.ENODEV
