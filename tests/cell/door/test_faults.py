"""An error in the door's own code ends one request, is told to its client, counted, and prints nothing (see the fixture)."""

from __future__ import annotations

import socket
import struct
from typing import Any

import pytest

from vigiles.cell.door.messages import Cut, encode
from vigiles.model.observation.sensor import Gap

HOST = "allowed.example"
NOERROR, SERVFAIL = 0, 2


def broken(module: str, name: str, sync: bool = False) -> str:
    """Return a sabotage: the function ``name`` of one of the door's modules fails."""
    define = "def" if sync else "async def"
    *rooms, module = module.split(".")
    lines = (
        f"from {'.'.join(['vigiles.cell.door', *rooms])} import {module}",
        f"{define} boom(*a, **k): raise KeyError('boom')",
        f"{module}.{name} = boom",
    )
    return "\n".join(lines)


def question(name: str) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    return struct.pack("!6H", 77, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", 1, 1)


def faults(door: Any, at_least: int = 1) -> int:
    """Return how many errors were counted, once there are ``at_least`` that many; the door must have lived through them."""

    def counted() -> int:
        return sum(m.count for m in door.messages if isinstance(m, Gap) and m.what == "door_fault")

    door.wait(lambda _: counted() >= at_least)
    assert door.process.poll() is None
    return counted()


def udp(door: Any, message: bytes) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.sendto(message, ("127.0.0.1", door.dns_udp))
        answer = sock.recv(512)
    assert answer[:2] == message[:2]
    return answer[3] & 15


def get(host: str, port: int, more: str = "") -> bytes:
    return f"GET http://{host}:{port}/ HTTP/1.1\r\nHost: {host}:{port}\r\n{more}\r\n".encode()


def is_fault(answer: bytes) -> bool:
    return answer.startswith(b"HTTP/1.1 500 ") and answer.endswith(
        b"Vigiles: a fault of the door itself ended this request.\n"
    )


def test_the_resolver_fails(start_door: Any) -> None:
    door = start_door(443, mode="observe", sabotage=broken("dial", "Dialler.resolve"))
    assert is_fault(door.ask(get("localhost", 80)))
    assert is_fault(door.ask(b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n"))
    door.wait(lambda _: len(door.flows("close")) == 2)
    assert [flow.marks[0] for flow in door.flows("close")] == ["door.fault=KeyError"] * 2
    assert udp(door, question("localhost")) == SERVFAIL
    with door.connect(door.dns_tcp) as sock, sock.makefile("rb") as stream:
        rcodes = []
        for name in ("localhost", HOST):  # the second is pinned
            sock.sendall(struct.pack("!H", len(question(name))) + question(name))
            rcodes.append(stream.read(int.from_bytes(stream.read(2), "big"))[3] & 15)
    assert rcodes == [SERVFAIL, NOERROR]
    assert faults(door, 4) == 4


def test_a_query_cannot_be_read(start_door: Any, read_all: Any) -> None:
    door = start_door(443, sabotage=broken("dns.answer", "parse_query", sync=True))
    assert udp(door, question(HOST)) != NOERROR
    assert faults(door) == 1


def test_the_caller_cannot_be_found(start_door: Any, read_all: Any) -> None:
    door = start_door(443, sabotage=broken("callers", "Callers.tcp") + "\ncallers.Callers.udp = boom")
    assert is_fault(door.ask(get(HOST, 443)))
    assert udp(door, question(HOST)) == SERVFAIL
    for port in (door.dns_tcp, door.transparent):
        with door.connect(port) as sock:
            assert read_all(sock) == b"<RST>"
    assert faults(door, 4) == 4


def test_a_request_cannot_be_read(start_door: Any) -> None:
    door = start_door(443, sabotage=broken("entrances.proxy", "read_request"))
    assert is_fault(door.ask(get(HOST, 443)))
    assert faults(door) == 1


def test_a_body_cannot_be_read_and_the_server_does_not_answer(start_door: Any, outside: Any) -> None:
    server = outside()
    door = start_door(server.port, sabotage=broken("passing.exchange", "ChunkedScanner.feed", sync=True))
    post = get(HOST, server.port, "Transfer-Encoding: chunked\r\n").replace(b"GET", b"POST")
    assert is_fault(door.ask(post + b"2\r\nhi\r\n"))
    assert b"hi" not in server.heard
    assert faults(door) == 1


def test_a_client_that_has_part_of_an_answer_is_cut(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port, sabotage=broken("passing.exchange", "_answer_body"))
    answer = door.ask(get(HOST, site.server_port))
    assert b"500" not in answer
    assert answer.endswith(b"<RST>")
    assert faults(door) == 1


def test_a_relay_fails(start_door: Any, outside: Any, read_all: Any) -> None:
    server = outside()
    door = start_door(mode="observe", sabotage=broken("passing.relay", "send_out"))
    with door.tunnel("127.0.0.1", server.port) as sock:
        sock.sendall(b"\0binary")
        assert read_all(sock) == b"<RST>"
    assert server.heard == b""
    assert faults(door) == 1


def test_a_plain_connect_fails(start_door: Any, read_all: Any) -> None:
    door = start_door(443, sabotage=broken("entrances.transparent", "promise"))
    with door.connect(door.transparent, destination=("127.0.0.1", 443)) as sock:
        assert read_all(sock) == b"<RST>"
    assert faults(door) == 1


def test_a_connection_cannot_be_taken_in(start_door: Any, read_all: Any) -> None:
    door = start_door(443, sabotage=broken("entrances.accept", "Source", sync=True))
    for _ in range(2):
        with door.connect(door.proxy) as sock:
            assert read_all(sock) in (b"", b"<RST>")
    assert udp(door, question(HOST)) == NOERROR
    assert faults(door, 2) == 2


def test_a_flow_that_cannot_be_told_of_ends(start_door: Any, outside: Any, read_all: Any) -> None:
    door = start_door(mode="observe", sabotage=broken("flows.flow", "LiveFlow.tick", sync=True))
    with door.tunnel("127.0.0.1", outside().port) as sock:
        assert read_all(sock) == b"<RST>"
    assert faults(door) == 1


def test_a_message_of_the_notifier_fails(start_door: Any) -> None:
    door = start_door(443, caller_ms=200, sabotage=broken("callers", "Callers.heard", sync=True))
    assert b"Vigiles-Reason: egress_unattributed" in door.ask(get(HOST, 443))
    assert faults(door, 2) == 2  # the registration, and the answer when asked


@pytest.mark.parametrize(
    "what",
    [
        "async def lost(): raise KeyError('x')\n    asyncio.ensure_future(lost())",
        "class Gone:\n        def __del__(self): 1 / 0\n    Gone()",
    ],
    ids=["task", "finalizer"],
)  # fmt: skip
def test_what_nobody_catches(start_door: Any, what: str) -> None:
    sabotage = (
        "import asyncio\nfrom vigiles.cell.door.entrances import proxy\n"
        f"read = proxy.read_request\nasync def also(*a):\n    {what}\n"
    )
    door = start_door(443, sabotage=sabotage + "    return await read(*a)\nproxy.read_request = also")
    assert b"Vigiles-Reason: egress_host" in door.ask(get("evil.example", 443))
    assert faults(door) == 1


def test_a_cut_that_fails_ends_the_door(start_door: Any) -> None:
    door = start_door(443, sabotage=broken("flows.roll", "Roll.cut"))
    door.control.send(encode(Cut(token=1)))
    door.wait(lambda m: isinstance(m, Gap) and m.what == "door_fault")
    assert door.process.wait(5) == 0
