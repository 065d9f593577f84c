"""What hides in messages that are allowed: another protocol in bodies, or in the frames of a listed WebSocket."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from vigiles.model.observation.flow import Flow

HOST = "allowed.example"
UPGRADE = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
SSH = b"SSH-2.0-harmless\r\n"
MINING = b'{"id": 1, "method": "mining.subscribe", "params": []}\n'


def post(body: bytes, chunked: bool = False) -> bytes:
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    text = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    return f"POST /poll HTTP/1.1\r\nHost: {HOST}\r\n{framing}\r\nConnection: close\r\n\r\n".encode() + text


def frame(payload: bytes, masked: bool) -> bytes:
    return bytes([0x82, 0x80 * masked | len(payload)]) + bytes(4 * masked) + payload


def last(door: Any) -> Flow:
    door.wait(lambda _: any(isinstance(m, Flow) and m.phase in ("close", "refused") for m in door.messages))
    return next(m for m in reversed(door.messages) if isinstance(m, Flow))


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("body", "mark"), [(SSH, "ssh.client=SSH-2.0-harmless"), (MINING, "stratum.method=mining.subscribe")]
)
def test_another_protocol_in_a_body_goes_no_further(
    start_door: Any, outside: Any, body: bytes, mark: str, chunked: bool
) -> None:
    came = bytearray()

    def far(sock: Any, _: Any) -> None:
        with contextlib.suppress(OSError):
            while data := sock.recv(4096):
                came.extend(data)

    port = outside(far).port
    door = start_door(port)
    with door.tunnel(HOST, port, 1) as sock:
        sock.sendall(post(body, chunked))
        assert b"Vigiles-Reason: egress_protocol" in sock.recv(4096)
    flow = last(door)
    assert flow.reason == "egress_protocol"
    assert mark in flow.marks
    assert body not in came


def test_ssh_in_an_answer_goes_no_further_and_an_honest_one_does(start_door: Any, outside: Any) -> None:
    def far(body: bytes) -> Any:
        def serve(sock: Any, _: Any) -> None:
            sock.recv(4096)
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

        return serve

    for body, passes in ((SSH, False), (b'{"banner": "SSH-2.0-harmless"}', True)):
        port = outside(far(body)).port
        door = start_door(port)
        with door.tunnel(HOST, port, 1) as sock:
            sock.sendall(post(b'{"job": "login"}'))
            came = b""
            with contextlib.suppress(OSError):
                while data := sock.recv(4096):
                    came += data
        assert (body in came) is passes
        flow = last(door)
        assert (flow.reason == "egress_protocol") is not passes
        assert ("ssh.server=SSH-2.0-harmless" in flow.marks) is not passes


@pytest.mark.parametrize("payload", [SSH, MINING])
def test_a_listed_websocket_carries_no_tunnel(start_door: Any, outside: Any, payload: bytes) -> None:
    came = bytearray()

    def far(sock: Any, _: Any) -> None:
        with contextlib.suppress(OSError):
            head = sock.recv(4096)
            came.extend(head)
            sock.sendall(b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            while data := sock.recv(4096):
                came.extend(data)
                sock.sendall(frame(b"tick", False))

    port = outside(far).port
    door = start_door(port, upgrade=[f"{HOST}:{port}"])
    with door.tunnel(HOST, port, 1) as sock:
        sock.sendall(f"GET /socket HTTP/1.1\r\nHost: {HOST}\r\n{UPGRADE}\r\n".encode())
        assert b" 101 " in sock.recv(4096)
        sock.sendall(frame(b"hello", True))
        assert b"tick" in sock.recv(4096)
        sock.sendall(frame(payload, True))
        with contextlib.suppress(OSError):
            while sock.recv(4096):
                pass
    assert last(door).reason == "egress_protocol"
    assert b"hello" in came
    assert payload not in came
    assert b"permessage-deflate" not in came, "frames that are compressed could not be read"
