"""The kernel's socket tables: the text's form, and real sockets found in it."""

from __future__ import annotations

import ipaddress
import os
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.kernel import socktable


def as_kernel(raw: bytes, port: int) -> str:
    """Print an address as the kernel does: each 32-bit word in host order, the port in network order."""
    return "".join(f"{word:08X}" for word in struct.unpack(f"={len(raw) // 4}I", raw)) + f":{port:04X}"


@given(st.ip_addresses(v=4), st.integers(0, 65535))
def test_ipv4_ends(ip: ipaddress.IPv4Address, port: int) -> None:
    assert socktable._end(as_kernel(ip.packed, port)) == (str(ip), port)


@given(st.ip_addresses(v=6), st.integers(0, 65535))
def test_ipv6_ends(ip: ipaddress.IPv6Address, port: int) -> None:
    expected = str(ip.ipv4_mapped) if ip.ipv4_mapped is not None else str(ip)
    assert socktable._end(as_kernel(ip.packed, port)) == (expected, port)


@given(st.ip_addresses(v=4), st.integers(0, 65535))
def test_mapped_ends_are_told_as_ipv4(ip: ipaddress.IPv4Address, port: int) -> None:
    assert socktable._end(as_kernel(bytes(10) + b"\xff\xff" + ip.packed, port)) == (str(ip), port)


def test_documented_example() -> None:
    assert socktable._end("0100007F:0277") == ("127.0.0.1", 631)
    assert socktable._end("00000000000000000000000001000000:1F90") == ("::1", 8080)


@pytest.mark.parametrize(("host", "six"), [("127.0.0.1", False), ("::1", True)])
def test_a_connection_is_there_from_both_ends(host: str, six: bool) -> None:
    family = socket.AF_INET6 if six else socket.AF_INET
    with socket.socket(family) as server:
        server.bind((host, 0))
        server.listen()
        with socket.create_connection(server.getsockname()[:2]) as client, server.accept()[0] as accepted:
            rows = {row.inode: row for row in socktable.table(os.getpid(), "tcp", six=six)}
            ours, theirs = (rows[os.fstat(sock.fileno()).st_ino] for sock in (client, accepted))
            assert (ours.local, ours.remote) == (theirs.remote, theirs.local)
            assert ours.local == client.getsockname()[:2]


def test_a_bound_udp_socket_is_there() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        rows = {row.inode: row for row in socktable.table(os.getpid(), "udp", six=False)}
        assert rows[os.fstat(sock.fileno()).st_ino].local == sock.getsockname()


def test_nobody_has_no_sockets() -> None:
    assert socktable.table(2**22 + 1, "tcp", six=False) == []
