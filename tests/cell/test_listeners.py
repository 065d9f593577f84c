"""The door's listening sockets, in a network namespace where they may have their ports."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

from vigiles.cell import listeners
from vigiles.kernel import loopback, namespaces

pytestmark = pytest.mark.cell


def test_all_ports_listen_and_survive_the_journey(in_child: Any) -> None:
    def attempt() -> dict[str, Any]:
        uid, gid = os.geteuid(), os.getegid()
        namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNET)
        namespaces.map_self(uid, uid, gid, gid)
        loopback.bring_up()
        made = listeners.make()
        adopted = listeners.adopt([os.dup(sock.fileno()) for sock in made])
        for sock in made:
            sock.close()
        said: dict[str, Any] = {}
        for name, sock in (
            ("proxy", adopted.proxy),
            ("socks", adopted.socks),
            ("transparent4", adopted.transparent[0]),
            ("transparent6", adopted.transparent[1]),
            ("dns_tcp", adopted.dns_tcp),
        ):
            with socket.create_connection(sock.getsockname()[:2], timeout=5):
                said[name] = list(sock.getsockname()[:2])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.sendto(b"q", adopted.dns_udp.getsockname())
            said["dns_udp"] = [adopted.dns_udp.recv(9).decode(), *adopted.dns_udp.getsockname()]
        return said

    assert in_child(attempt) == {
        "proxy": ["127.0.0.1", listeners.PROXY_PORT],
        "socks": ["127.0.0.1", listeners.SOCKS_PORT],
        "transparent4": ["127.0.0.1", listeners.TRANSPARENT_PORT],
        "transparent6": ["::1", listeners.TRANSPARENT_PORT],
        "dns_tcp": ["127.0.0.1", listeners.DNS_PORT],
        "dns_udp": ["q", "127.0.0.1", listeners.DNS_PORT],
    }


def test_a_kernel_without_ipv6_has_a_door_all_the_same(in_child: Any) -> None:
    def attempt() -> list[Any]:
        uid, gid = os.geteuid(), os.getegid()
        namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNET)
        namespaces.map_self(uid, uid, gid, gid)
        loopback.bring_up()
        with open("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "w") as file:
            file.write("1")
        adopted = listeners.adopt([sock.detach() for sock in listeners.make()])
        return [sock.getsockname()[0] for sock in adopted.transparent]

    assert in_child(attempt) == ["127.0.0.1"]
