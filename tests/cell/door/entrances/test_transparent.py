"""The transparent port: plain connects keep to the same promise, and a refusal is a reset."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import Any

HOST = "allowed.example"
#: What the door's DNS gives out for it.
MADE_UP = "198.18.0.1"


def resolve(door: Any, name: str) -> None:
    """Ask the door's DNS, as a program does before it connects."""
    question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.sendto(
            struct.pack("!6H", 9, 0x100, 1, 0, 0, 0) + question + struct.pack("!HH", 1, 1), ("127.0.0.1", door.dns_udp)
        )
        assert sock.recv(512)[3] & 15 == 0


def test_tls_to_a_name_from_dns(start_door: Any, tls_site: Any, certificate: Any) -> None:
    door = start_door(tls_site.server_port)
    resolve(door, HOST)
    sock = door.connect(door.transparent, destination=(MADE_UP, tls_site.server_port))
    context = ssl.create_default_context(cafile=certificate)
    with context.wrap_socket(sock, server_hostname=HOST) as wrapped:
        wrapped.sendall(f"GET /t HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: wrapped.recv(4096), b""))
    assert b"/t at" in answer
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert (flow.via, flow.host, flow.address, flow.sni) == ("transparent", HOST, "127.0.0.1", HOST)


def test_http_to_a_pinned_address(start_door: Any, site: Any, read_all: Any) -> None:
    door = start_door(site.server_port)
    with door.connect(door.transparent, destination=("127.0.0.1", site.server_port)) as sock:
        sock.sendall(f"GET /h HTTP/1.1\r\nHost: {HOST}:{site.server_port}\r\nConnection: close\r\n\r\n".encode())
        assert b"/h at allowed.example" in read_all(sock)
    assert door.wait_flow(lambda f: f.phase == "close").host == HOST


def test_refusals_are_resets(start_door: Any, outside: Any, hello: Any, read_all: Any) -> None:
    server = outside()
    other = outside()
    door = start_door(server.port)
    here = ("127.0.0.1", server.port)
    cases = [
        (here, b"SSH-2.0-OpenSSH_9.2\r\n", "egress_protocol", "ssh"),
        (here, b'{"id":1,"method":"login","params":{"login":"w","pass":"x"}}\n', "egress_protocol", "stratum"),
        (here, hello("evil.example"), "egress_protocol", "tls"),
        (here, b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "egress_protocol", "http"),
        (here, b"", "egress_protocol", "silent"),
        (("127.0.0.1", other.port), b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n", "egress_address", "unknown"),
        (("169.254.169.254", 80), b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n", "egress_address", "unknown"),
    ]
    for destination, said, reason, protocol in cases:
        before = len(door.flows("refused"))
        with door.connect(door.transparent, destination=destination) as sock:
            try:
                sock.sendall(said)
            except ConnectionResetError:
                pass  # an address that is refused is not heard out
            else:
                assert read_all(sock) == b"<RST>"
        door.wait(lambda _, n=before: len(door.flows("refused")) > n)
        flow = door.flows("refused")[-1]
        assert (flow.reason, flow.host, flow.port) == (reason, *destination)
        if protocol != "unknown":
            assert flow.protocol == protocol
    assert server.heard == other.heard == b""


def test_an_unregistered_connect_goes_nowhere(start_door: Any, read_all: Any) -> None:
    door = start_door(mode="observe")
    with door.connect(door.transparent, call=None) as sock:
        assert read_all(sock) == b"<RST>"
    assert door.wait_flow(lambda f: f.phase == "refused").reason == "egress_unattributed"


def test_observe_lets_anything_pass(start_door: Any, outside: Any) -> None:
    server = outside(lambda sock, server: sock.sendall(b"hello " + server.hear(sock)))
    door = start_door(server.port, mode="observe")
    resolve(door, HOST)
    for call, (meant, host) in enumerate((("127.0.0.1", "127.0.0.1"), (MADE_UP, HOST)), 5):
        with door.connect(door.transparent, call=call, destination=(meant, server.port)) as sock:
            sock.sendall(b"SSH-2.0-x\r\n")
            assert sock.recv(100) == b"hello SSH-2.0-x\r\n"
        flow = door.wait_flow(lambda f, number=call: f.phase == "close" and f.attribution.call == number)
        assert (flow.host, flow.address, flow.protocol) == (host, "127.0.0.1", "ssh")
