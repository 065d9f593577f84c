"""Sockets in tier U-: the host's are refused, the cell's own work, in a world without user namespaces."""

from __future__ import annotations

import socket

import pytest

from vigiles.cell.bare import network
from vigiles.cell.bare.paths import Refused
from vigiles.cell.notifying.sockaddr import parse

_REFUSED = {
    "host loopback": "Errno 13",
    "host loopback by 0.0.0.0": "Errno 13",
    "outside": "Errno 13",
    "udp": "Errno 13",
    "udp6": "Errno 13",
    "mptcp": "Errno 93",
    "fast open": "Errno 95",
    "docker.sock": "Errno 13",
    "docker.sock by a link": "Errno 13",
    "abstract": "Errno 13",
    "unix datagram": "Errno 13",
    "datagram pair": "Errno 13",
    "bind an address of the host": "Errno 13",
    "share a port of the host": "Errno 98",
    "raw": "Errno 13",
    "netlink": "Errno 97",
}


@pytest.mark.cell
@pytest.mark.parametrize("attack", _REFUSED)
def test_a_way_to_the_host_or_out_is_refused(played, attack: str) -> None:
    code, out, error = played()["attacks"][attack]
    assert code == 1
    assert "from the host" not in out
    assert _REFUSED[attack] in error


@pytest.mark.cell
def test_no_datagram_came_to_the_host(played) -> None:
    assert played()["attacks"]["datagrams that came"] == [False, False]


@pytest.mark.cell
@pytest.mark.parametrize("way", ["server by a later call", "server by its name", "unix server by a later call"])
def test_a_server_of_one_call_serves_a_later_one(played, way: str) -> None:
    assert played()["honest"][way][:2] == [0, "from the cell\n"]


@pytest.mark.cell
def test_where_nobody_listens_the_connect_is_refused_as_ever(played) -> None:
    assert "ConnectionRefusedError" in played()["honest"]["nobody listens"][2]


@pytest.mark.cell
def test_a_server_on_all_addresses_gets_loopback(played) -> None:
    assert played()["attacks"]["bind all"][1].startswith("127.0.0.1 ")


@pytest.mark.cell
def test_connects_and_binds_are_recorded_with_their_fate(played) -> None:
    result = played()
    assert {("203.0.113.1", "refused", "exact"), ("127.0.0.1", "refused", "exact"), ("127.0.0.1", "inside", "exact")} <= {
        tuple(one) for one in result["connects"]
    }
    assert set(result["binds"]) == {"0.0.0.0", "own.sock"}


def test_every_loopback_address_stays_on_loopback() -> None:
    four = parse(socket.AF_INET.to_bytes(2, "little") + b"\x1f\x90" + bytes(4) + bytes(8))
    six = parse(socket.AF_INET6.to_bytes(2, "little") + b"\x1f\x90" + bytes(4) + bytes(16) + bytes(4))
    mapped = parse(
        socket.AF_INET6.to_bytes(2, "little") + b"\x1f\x90" + bytes(4) + bytes(10) + b"\xff\xff\x7f\0\0\x02" + bytes(4)
    )
    with socket.socket(socket.AF_INET) as sock:
        assert network._loopback(sock, four) == ("127.0.0.1", 8080)
        assert network._loopback(sock, None) == ("127.0.0.1", 0)
    try:
        sock = socket.socket(socket.AF_INET6)
    except OSError:
        pytest.skip("a kernel without IPv6")
    with sock:
        assert network._loopback(sock, mapped) == ("::ffff:127.0.0.2", 8080)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        assert network._loopback(sock, six) == ("::ffff:127.0.0.1", 8080)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        assert network._loopback(sock, six) == ("::1", 8080)


_STAYS = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]
_LEAVES = ["0.0.0.0", "::", "::ffff:10.0.0.1", "192.0.2.1"]


@pytest.mark.parametrize(("host", "stays"), [*((one, True) for one in _STAYS), *((one, False) for one in _LEAVES)])
def test_what_is_loopback(host: str, stays: bool) -> None:
    assert network._is_loopback(host) is stays


@pytest.mark.parametrize("raw", [b"\x01\x00", b"\x01\x00\x00abstract", b"\x01\x00\x00"])
def test_an_abstract_or_empty_unix_address_is_refused(raw: bytes) -> None:
    with pytest.raises(Refused):
        network._path(raw)
