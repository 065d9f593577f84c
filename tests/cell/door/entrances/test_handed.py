"""A door without listeners serves the connections that the notifier hands over, each for the call it came with."""

from __future__ import annotations

import socket
import struct
from typing import Any

import pytest

from vigiles.cell.door.messages import Registration, encode
from vigiles.cell.listeners import DNS_PORT, PROXY_PORT, TRANSPARENT_PORT
from vigiles.model.observation.sensor import Gap

HOST = "allowed.example"
_NO_LISTENERS = "{before}\nstart = door_spawner.load()\nstart(packed, None, *(socket.socket(fileno=fd) for fd in fds[5:]))\n"


@pytest.fixture
def door(start_door: Any, site: Any, before: str) -> Any:
    return start_door(site.server_port, boot=_NO_LISTENERS.format(before=before))


def hand(door: Any, service: int, call: int, destination: tuple[str, int] | None = None) -> socket.socket:
    """Give the door one end of a new connection of ``call``; return the other."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sock = socket.create_connection(listening.getsockname(), timeout=8)
        other, source = listening.accept()
    registration = Registration(
        transport="tcp", family="inet", source_address=source[0], source_port=source[1], door_port=service, call=call,
        pid=100 + call, destination_host=destination[0] if destination else None,
        destination_port=destination[1] if destination else None,
    )  # fmt: skip
    with other:
        socket.send_fds(door.ports, [encode(registration)], [other.fileno()])
    return sock


def test_a_request_is_served_for_the_call_that_it_came_with(door: Any, site: Any, read_all: Any) -> None:
    at = f"{HOST}:{site.server_port}"
    for call in (3, 5):
        with hand(door, PROXY_PORT, call) as sock:
            sock.sendall(f"GET http://{at}/here HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n".encode())
            assert read_all(sock).endswith(f"/here at {at}".encode())
        flow = door.wait_flow(lambda flow, call=call: flow.phase == "close" and flow.attribution.call == call)
        assert (flow.attribution.grade, flow.attribution.methods) == ("exact", ["listener"])


def test_another_name_is_refused(door: Any, read_all: Any) -> None:
    with hand(door, PROXY_PORT, 2) as sock:
        sock.sendall(b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n")
        assert b" 403 " in read_all(sock)


def test_a_plain_connect_comes_with_its_destination(door: Any, site: Any, read_all: Any) -> None:
    at = f"{HOST}:{site.server_port}"
    request = f"GET /plain HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n".encode()
    with hand(door, TRANSPARENT_PORT, 4, ("127.0.0.1", site.server_port)) as sock:
        sock.sendall(request)
        assert read_all(sock).endswith(f"/plain at {at}".encode())
    with hand(door, TRANSPARENT_PORT, 4) as sock:
        assert read_all(sock) == b"<RST>"


def test_names_are_answered_over_tcp(door: Any) -> None:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in HOST.split(".")) + b"\0"
    question = struct.pack("!6H", 77, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", 1, 1)
    with hand(door, DNS_PORT, 6) as sock:
        sock.sendall(struct.pack("!H", len(question)) + question)
        assert socket.inet_aton("198.18.0.1") in sock.recv(512)
    assert door.queries()[0].attribution.call == 6


def test_what_nobody_serves_is_closed_and_counted(door: Any, read_all: Any) -> None:
    with hand(door, 4444, 1) as sock:
        assert read_all(sock) in (b"", b"<RST>")
    door.wait(lambda message: isinstance(message, Gap) and message.what == "notifier_message")
