"""Socket addresses out of hostile memory: whatever the bytes, an answer, and never an outside taken for an inside."""

from __future__ import annotations

import ipaddress
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.cell.notifying.sockaddr import Address, parse

PORT = st.integers(0, 65535)


def four(ip: ipaddress.IPv4Address, port: int) -> bytes:
    return struct.pack("=H", socket.AF_INET) + port.to_bytes(2, "big") + ip.packed + bytes(8)


def six(ip: ipaddress.IPv6Address, port: int, flow: int = 0, scope: int = 0) -> bytes:
    head = struct.pack("=H", socket.AF_INET6) + port.to_bytes(2, "big")
    return head + flow.to_bytes(4, "big") + ip.packed + struct.pack("=I", scope)


@given(st.ip_addresses(v=4), PORT)
def test_ipv4(ip: ipaddress.IPv4Address, port: int) -> None:
    inside = ip.is_loopback or ip.is_unspecified
    assert parse(four(ip, port)) == Address("inet", str(ip), port, leaves=not inside)


@given(st.ip_addresses(v=6), PORT, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_ipv6(ip: ipaddress.IPv6Address, port: int, flow: int, scope: int) -> None:
    address = parse(six(ip, port, flow, scope))
    assert (address.family, address.port) == ("inet6", port)
    if ip.ipv4_mapped is None:
        assert address == Address("inet6", str(ip), port, leaves=not (ip.is_loopback or ip.is_unspecified), six=True)


@given(st.ip_addresses(v=4), PORT)
def test_an_ipv4_mapped_address_is_judged_as_ipv4(ip: ipaddress.IPv4Address, port: int) -> None:
    mapped = ipaddress.IPv6Address(bytes(10) + b"\xff\xff" + ip.packed)
    plain, through = parse(four(ip, port)), parse(six(mapped, port))
    assert (through.host, through.port, through.leaves, through.six) == (plain.host, port, plain.leaves, False)


@given(st.binary(min_size=2, max_size=128))
def test_any_bytes_give_an_address(raw: bytes) -> None:
    address = parse(raw)
    assert 0 <= address.port <= 65535
    if address.family in ("unix", "other"):
        assert not address.leaves


@given(st.binary(min_size=0, max_size=126))
def test_unix_paths_end_at_nul_and_are_text(path: bytes) -> None:
    address = parse(struct.pack("=H", socket.AF_UNIX) + path)
    assert address.family == "unix"
    address.host.encode()  # canonical text, no surrogates
    if path[:1] == b"\0":
        assert address.host.startswith("@")
    elif path.isascii() and path.split(b"\0")[0].decode().isprintable():
        assert address.host == path.split(b"\0")[0].decode()


@pytest.mark.parametrize(
    ("raw", "family"),
    [
        (b"\0\0", "other"),
        (struct.pack("=H", socket.AF_INET) + bytes(5), "other"),
        (struct.pack("=H", socket.AF_INET6) + bytes(21), "other"),
        (struct.pack("=H", socket.AF_NETLINK) + bytes(10), "other"),
        (struct.pack("=H", socket.AF_UNIX), "unix"),
        (struct.pack("=H", 40) + bytes(14), "other"),
    ],
)
def test_short_and_foreign(raw: bytes, family: str) -> None:
    assert parse(raw).family == family


@pytest.mark.parametrize(
    ("host", "leaves"),
    [
        ("127.0.0.1", False),
        ("127.255.255.254", False),
        ("0.0.0.0", False),
        ("0.0.0.1", True),
        ("126.255.255.255", True),
        ("128.0.0.1", True),
        ("169.254.169.254", True),
        ("255.255.255.255", True),
    ],
)
def test_what_leaves(host: str, leaves: bool) -> None:
    assert parse(four(ipaddress.IPv4Address(host), 80)).leaves is leaves


def test_what_a_real_socket_would_send() -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0vigiles-sockaddr")
        raw = struct.pack("=H", socket.AF_UNIX) + b"\0vigiles-sockaddr"
        assert parse(raw).host == "@vigiles-sockaddr" == "@" + server.getsockname()[1:].decode()
