"""Egress led to a door: the batch, and in a real namespace what gets where, and what does not."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from vigiles.kernel import loopback, namespaces, netlink, nftables, redirection

PORTS = redirection.Ports(4001, 4002, 4003, 4004)
FAR = ("203.0.113.9", 3333)


def batch_of(monkeypatch: pytest.MonkeyPatch, work: Callable[[], Any]) -> tuple[list[netlink.Message], list[str]]:
    handed: list[Any] = []
    monkeypatch.setattr(nftables, "transact", lambda batch, steps: handed.extend([batch, steps]))
    work()
    batch, steps = handed
    return list(netlink.messages(batch)), list(steps)


def test_it_is_one_transaction_that_replaces_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    parts, steps = batch_of(monkeypatch, lambda: redirection.lead(PORTS, ["eth0", "eth1"]))
    assert [part.sequence for part in parts] == list(range(len(steps)))
    assert [part.kind for part in parts[1:4]] == [nftables.NEW_TABLE, nftables.DELETE_TABLE, nftables.NEW_TABLE]
    assert [part.sequence for part in parts if part.flags & netlink.ACK] == [len(parts) - 2]
    assert steps[-3:-1] == ["chain at eth0", "chain at eth1"]
    families = {part.body[0] for part in parts[1:-1]}
    assert families == {nftables.INET, 5}
    for port in PORTS:
        assert any(struct.pack("!H", port) in part.body for part in parts)


def test_without_ipv6_there_is_one_rule_less(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = batch_of(monkeypatch, lambda: redirection.lead(PORTS, []))
    less, _ = batch_of(monkeypatch, lambda: redirection.lead(PORTS._replace(six=0), []))
    assert len(less) == len(whole) - 1


def led() -> dict[str, Any]:
    """In a namespace of one's own, whose ``lo`` has a far address too, lead and see what comes."""
    uid, gid = os.geteuid(), os.getegid()
    namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNET)
    namespaces.map_self(0, uid, 0, gid)
    loopback.bring_up()
    told: dict[str, Any] = {"none": redirection.lift()}
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    with socket.create_server(("127.0.0.1", 0)) as door, udp:
        ports = redirection.Ports(door.getsockname()[1], 0, udp.getsockname()[1], door.getsockname()[1])
        for _ in range(2):  # the second in the place of the first
            redirection.lead(ports, [])
        with socket.create_connection(door.getsockname(), timeout=5), door.accept()[0] as direct:
            told["direct"] = redirection.original_destination(direct)
        query = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        query.connect(("127.0.0.7", 53))
        query.settimeout(5)
        query.send(b"query")
        data, peer = udp.recvfrom(100)
        udp.sendto(b"answer", peer)
        told["dns"] = [data.decode(), query.recv(100).decode()]
        with socket.create_connection(("127.0.0.7", 53), timeout=5), door.accept()[0] as over_tcp:
            told["dns by tcp"] = redirection.original_destination(over_tcp)
        told["engine"] = reaches(("127.0.0.11", door.getsockname()[1]))
    told["lifted"] = redirection.lift()
    told["again"] = redirection.lift()
    return told


def reaches(place: tuple[str, int]) -> str:
    with socket.socket() as sock:
        sock.settimeout(0.5)
        try:
            sock.connect(place)
        except OSError as error:
            return type(error).__name__
    return "connected"


def test_look_ups_go_to_the_door_wherever_they_were_meant_to_go(in_child: Callable[..., Any]) -> None:
    told = in_child(led)
    assert told["none"] is False
    assert told["direct"] is None
    assert told["dns"] == ["query", "answer"]
    assert told["dns by tcp"] == ["127.0.0.7", 53]
    assert told["lifted"] is True
    assert told["again"] is False


def test_a_container_engines_resolver_is_no_way_round_the_door(in_child: Callable[..., Any]) -> None:
    assert in_child(led)["engine"] in ("TimeoutError", "PermissionError")


def sent() -> dict[str, list[Any]]:
    """In a namespace with a device and a route, led to a door: what becomes of datagrams, and how soon (milliseconds)."""
    uid, gid = os.geteuid(), os.getegid()
    namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNET)
    namespaces.map_self(0, uid, 0, gid)
    loopback.bring_up()
    for words in (
        "link add v0 type veth peer name v1", "link set v1 up", "addr add 10.9.9.1/24 dev v0", "link set v0 up",
        "-6 addr add fd00::1/64 dev v0 nodad", "route add default via 10.9.9.2", "-6 route add default via fd00::2",
    ):  # fmt: skip
        subprocess.run(["ip", *words.split()], check=True)
    redirection.lead(PORTS, ["v0"])
    told: dict[str, list[Any]] = {}
    for family, far in ((socket.AF_INET, "203.0.113.9"), (socket.AF_INET6, "2001:db8::1")):
        for connected in (True, False):
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                began, came = time.monotonic(), "sent"
                try:
                    if connected:
                        sock.connect((far, 443))
                        sock.send(b"initial")
                    else:
                        sock.sendto(b"initial", (far, 443))
                except OSError as error:
                    came = type(error).__name__
                told[f"{far} {connected}"] = [came, 1000 * (time.monotonic() - began)]
    return told


@pytest.mark.skipif(shutil.which("ip") is None, reason="needs ip (iproute2)")
def test_a_client_that_tries_quic_hears_no_at_once(in_child: Callable[..., Any]) -> None:
    told = in_child(sent)
    assert {came for came, _ in told.values()} == {"PermissionError"}
    assert len(told) == 4
    assert max(took for _, took in told.values()) < 2000
