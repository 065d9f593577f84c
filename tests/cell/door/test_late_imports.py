"""A door that has left root behind imports nothing: it may not be able to read the interpreter's files any more.

The fixture holds every door of these tests to that; here is every kind of traffic at a door made by a real spawner.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import Any

import pytest

from vigiles.cell.door.messages import Allow, Cut, Flows, Shutdown

HOST = "allowed.example"
#: Names that the resolver is really asked for in observe mode: found, not found, not ASCII, too long, an address.
NAMES = ["localhost", "no-such-host.invalid", "xn--bcher-kva.invalid", "b\u00fccher.invalid", "x" * 70 + ".invalid", "[::1]"]


def query(name: str, qtype: int = 1) -> bytes:
    labels = b"".join(bytes([len(part)]) + part for part in (one.encode() for one in name.split(".")))
    return struct.pack("!6H", 77, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", qtype, 1)


def ask_dns(door: Any, message: bytes, answered: bool = True) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.sendto(message, ("127.0.0.1", door.dns_udp))
        if answered:
            sock.recv(4096)
    with door.connect(door.dns_tcp) as sock, contextlib.suppress(OSError):
        sock.sendall(struct.pack("!H", len(message)) + message)
        if answered:
            assert sock.recv(4096)


def every_kind(door: Any, site: Any, hello: Any, read_all: Any) -> None:
    port = site.server_port
    for host in (HOST, "127.0.0.1", "evil.example", *NAMES):
        at = f"{host}:{port}"
        for raw in (
            f"GET http://{at}/ HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n".encode(),
            f"CONNECT {at} HTTP/1.1\r\nHost: {at}\r\n\r\n".encode() + b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        ):
            with door.connect(door.proxy) as sock:
                sock.sendall(raw)
                assert sock.recv(4096), raw
        if len(host) < 60 and "[" not in host:
            for qtype in (1, 28, 65):
                ask_dns(door, query(host, qtype))
    at = f"{HOST}:{port}"
    body = b"POST http://{H}/ HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    hostile = [
        b"\x05\x01\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"CONNECT \xff\xfe\0 HTTP/1.1\r\n\r\n",
        b"SSH-2.0-x\r\n",
        hello(HOST),
    ]
    for line in (body.replace(b"{H}", at.encode()) + b"2\r\nhi\r\n0\r\n\r\n", *hostile):
        assert door.ask(line)
    for junk in (b"x", b"\xff" * 600):
        ask_dns(door, junk, answered=False)
    for destination in (("127.0.0.1", port), ("::1", port), ("127.0.0.1", 1), None):
        for said in (
            b"GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % at.encode(),
            hello(HOST),
            hello(None),
            b"\0",
        ):
            with door.connect(door.transparent, destination=destination) as sock, contextlib.suppress(OSError):
                sock.sendall(said)
                sock.shutdown(socket.SHUT_WR)
                read_all(sock)
    for order in (Flows, Cut, Allow, Shutdown):
        door.order(order)


@pytest.mark.parametrize("mode", ["allow", "observe"])
def test_no_kind_of_traffic_makes_a_door_import(
    start_door: Any, by_spawner: str, mode: str, site: Any, hello: Any, read_all: Any
) -> None:
    door = start_door(site.server_port, mode=mode, boot=by_spawner, hosts=[f"{HOST}:{site.server_port}", "localhost:9"])
    every_kind(door, site, hello, read_all)


def test_an_allowed_name_without_a_public_address_is_refused_as_such(start_door: Any, by_spawner: str) -> None:
    door = start_door(boot=by_spawner, hosts=["localhost:8099"])
    answer = door.ask(b"GET http://localhost:8099/ HTTP/1.1\r\nHost: localhost:8099\r\n\r\n")
    assert b"Vigiles-Reason: egress_address" in answer


def test_the_guard_sees_an_import(start_door: Any) -> None:
    late = "from vigiles.cell.door import dial\nasync def resolve(self, host):\n import wave\ndial.Dialler.resolve = resolve"
    door = start_door(mode="observe", sabotage=late)
    ask_dns(door, query("localhost"))
    door.expected = ("wave wave ", "")
