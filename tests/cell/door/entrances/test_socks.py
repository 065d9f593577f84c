"""SOCKS 5 at the door: judged and held to its promise as CONNECT is, and refused in its own language."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import Any

import pytest

HOST = "allowed.example"
HELLO = b"\x05\x01\x00"


def request(host: str | bytes, port: int, command: int = 1) -> bytes:
    """A request with a name."""
    name = host.encode() if isinstance(host, str) else host
    return b"\x05" + bytes([command]) + b"\0\x03" + bytes([len(name)]) + name + port.to_bytes(2, "big")


def by_address(address: str, port: int) -> bytes:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = b"\x04" if ":" in address else b"\x01"
    return b"\x05\x01\0" + kind + socket.inet_pton(family, address) + port.to_bytes(2, "big")


def asked(door: Any, said: bytes, call: int = 1) -> tuple[socket.socket, bytes]:
    """Greet and ask; return the connection and the reply."""
    sock = door.connect(door.socks, call)
    sock.sendall(HELLO)
    assert sock.recv(2) == b"\x05\x00"
    sock.sendall(said)
    reply = b""
    while len(reply) < 10 and (piece := sock.recv(10 - len(reply))):
        reply += piece
    return sock, reply


def test_https_by_name(start_door: Any, tls_site: Any, certificate: Any) -> None:
    door = start_door(tls_site.server_port)
    sock, reply = asked(door, request("Allowed.EXAMPLE", tls_site.server_port), call=3)
    assert reply == b"\x05\x00\x00\x01" + bytes(6)
    context = ssl.create_default_context(cafile=certificate)
    with context.wrap_socket(sock, server_hostname=HOST) as wrapped:
        wrapped.sendall(f"GET /t HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        assert b"/t at" in b"".join(iter(lambda: wrapped.recv(4096), b""))
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert (flow.via, flow.host, flow.address, flow.sni, flow.protocol) == ("socks", HOST, "127.0.0.1", HOST, "tls")
    assert (flow.attribution.grade, flow.attribution.call) == ("exact", 3)


def test_http_all_at_once(start_door: Any, site: Any, read_all: Any) -> None:
    door = start_door(site.server_port)
    plain = f"GET /h HTTP/1.1\r\nHost: {HOST}:{site.server_port}\r\nConnection: close\r\n\r\n".encode()
    with door.connect(door.socks) as sock:
        sock.sendall(HELLO + request(HOST, site.server_port) + plain)
        answer = read_all(sock)
    assert answer.startswith(b"\x05\x00\x05\x00\x00\x01" + bytes(6) + b"HTTP/1.1 200")
    assert b"/h at allowed.example" in answer


@pytest.mark.parametrize("spelling", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_a_listed_address(start_door: Any, site: Any, read_all: Any, spelling: str) -> None:
    door = start_door(hosts=[f"127.0.0.1:{site.server_port}"], refused_ranges=[])
    sock, reply = asked(door, by_address(spelling, site.server_port))
    with sock:
        assert reply[1] == 0
        sock.sendall(f"GET /a HTTP/1.1\r\nHost: 127.0.0.1:{site.server_port}\r\nConnection: close\r\n\r\n".encode())
        assert b"/a at" in read_all(sock)


def test_refusals_have_their_code_and_their_reason(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port)
    port = site.server_port
    cases = [
        (request("evil.example", port), 2, "egress_host", "evil.example"),
        (request(HOST, port + 1), 2, "egress_port", HOST),
        (request(f"x.{HOST}", port), 2, "egress_host", f"x.{HOST}"),
        (by_address("127.0.0.1", port), 2, "egress_address", "127.0.0.1"),
        (by_address("::1", port), 2, "egress_address", "::1"),
        (by_address("::ffff:127.0.0.1", port), 2, "egress_address", "127.0.0.1"),
        (by_address("169.254.169.254", 80), 2, "egress_address", "169.254.169.254"),
        (request("0x7f.1", port), 2, "egress_malformed", "0x7f.1"),
        (request(f"{HOST}\0.evil.example", port), 2, "egress_malformed", f"{HOST}\0.evil.example"),
        (request(b"\0" * 255, port), 2, "egress_malformed", "\0" * 255),
        (request(HOST, 0), 2, "egress_malformed", HOST),
        (request(HOST, port, command=2), 7, "egress_protocol", HOST),
        (request(HOST, port, command=3), 7, "egress_protocol", HOST),
        (b"\x05\x01\0\x09" + b"x" * 6, 8, "egress_protocol", ""),
        (b"\x05\x01\x01\x01" + bytes(6), 1, "egress_malformed", ""),
    ]
    for number, (said, code, reason, host) in enumerate(cases, 1):
        sock, reply = asked(door, said)
        with sock:
            assert reply == bytes([5, code, 0, 1]) + bytes(6), (said, reply)
            assert sock.recv(1) == b""
        door.wait(lambda _, n=number: len(door.flows("refused")) >= n)
        flow = door.flows("refused")[-1]
        assert (flow.via, flow.reason) == ("socks", reason), said
        assert flow.protocol == ("socks" if code in (2, 7) else "other"), said
        assert flow.host.replace("\\x00", "\0") == host
    assert not site.seen


def test_who_speaks_another_socks_is_told_so(start_door: Any) -> None:
    door = start_door(443)
    four = b"\x04\x01\x01\xbb\x00\x00\x00\x01\x00allowed.example\x00"
    for said, answer, reason in (
        (four, b"\x00\x5b" + bytes(6), "egress_protocol"),
        (b"\x04\x01\x01\xbb\x7f\x00\x00\x01\x00", b"\x00\x5b" + bytes(6), "egress_protocol"),
        (b"\x05\x01\x02", b"\x05\xff", "egress_protocol"),
        (b"GET / HTTP/1.1\r\n\r\n", b"\x05\xff", "egress_malformed"),
    ):
        with door.connect(door.socks) as sock:
            sock.sendall(said)
            assert sock.recv(100) == answer
        door.wait_flow(lambda f, why=reason: f.reason == why)
    door.wait(lambda _: len(door.flows("refused")) == 4)
    assert {flow.via for flow in door.flows("refused")} == {"socks"}


def test_a_fault_of_the_destination_is_not_a_refusal(start_door: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    door = start_door(port, hosts=[f"{HOST}:{port}", "no-such-host.invalid:443"])
    for said, code in ((request(HOST, port), 5), (request("no-such-host.invalid", 443), 4)):
        sock, reply = asked(door, said)
        with sock:
            assert reply[1] == code
    door.wait(lambda _: len(door.flows("close")) == 2)
    assert [flow.phase for flow in door.flows()] == ["close", "close"]


def test_the_tunnel_keeps_its_promise(start_door: Any, outside: Any, hello: Any, read_all: Any) -> None:
    server = outside()
    door = start_door(server.port)
    for said, answer in (
        (b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 403"),
        (HELLO + request("evil.example", 80), b"HTTP/1.1 403"),
        (hello("evil.example"), b"\x15\x03"),
    ):
        sock, reply = asked(door, request(HOST, server.port))
        with sock:
            assert reply[1] == 0
            sock.sendall(said)
            assert read_all(sock).startswith(answer)
    assert server.heard == b""
    door.wait(lambda _: len(door.flows("refused")) == 3)
    assert [flow.reason for flow in door.flows("refused")] == ["egress_protocol"] * 3


def test_silence_and_an_unknown_caller(start_door: Any, read_all: Any) -> None:
    door = start_door(443, head_ms=300, caller_ms=200)
    with door.connect(door.socks) as sock:
        assert read_all(sock) == b""
    with door.connect(door.socks) as sock:  # as a client does that could not find the name itself
        sock.sendall(HELLO)
        assert sock.recv(2) == b"\x05\x00"
        sock.shutdown(socket.SHUT_WR)
        assert read_all(sock) == b""
    assert door.flows() == []
    with door.connect(door.socks) as sock:
        sock.sendall(HELLO + b"\x05")
        assert read_all(sock) == b"\x05\x00\x05\x01\x00\x01" + bytes(6)
    door.owner = None
    with door.connect(door.socks, call=None) as sock:
        sock.sendall(HELLO + request(HOST, 443))
        with contextlib.suppress(ConnectionResetError):
            assert read_all(sock)[2:4] == b"\x05\x02"
    door.wait(lambda _: len(door.flows("refused")) == 2)
    assert [flow.reason for flow in door.flows("refused")] == ["egress_malformed", "egress_unattributed"]


def test_observe_lets_anything_pass_but_no_other_command(start_door: Any, outside: Any) -> None:
    server = outside(lambda sock, server: sock.sendall(b"hello " + server.hear(sock)))
    door = start_door(mode="observe")
    sock, reply = asked(door, by_address("127.0.0.1", server.port))
    with sock:
        assert reply[1] == 0
        sock.sendall(b"SSH-2.0-x\r\n")
        assert sock.recv(100) == b"hello SSH-2.0-x\r\n"
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert (flow.via, flow.protocol, flow.reason) == ("socks", "ssh", "allowed_observe")
    sock, reply = asked(door, request("localhost", server.port, command=3))
    with sock:
        assert reply[1] == 7
