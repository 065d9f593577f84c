"""Hostile lines to the proxy port: each is refused with its reason, and the world outside hears nothing."""

from __future__ import annotations

import re
import socket
import time
from typing import Any

import pytest

HOST = "allowed.example"


def reason(answer: bytes) -> str:
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n"), answer[:200]
    found = re.search(rb"\r\nVigiles-Reason: ([a-z_]+)\r\n", answer)
    assert found is not None
    assert b"Vigiles: refused" in answer
    return found[1].decode()


#: What is sent ({H} is the allowed host and port) and the reason it is refused for.
LINES = {
    "another host": (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", "egress_host"),
    "another port": (b"CONNECT allowed.example:22 HTTP/1.1\r\nHost: allowed.example:22\r\n\r\n", "egress_port"),
    "an address": (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n", "egress_address"),
    "metadata": (b"GET http://169.254.169.254/latest HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n", "egress_address"),
    "decimal address": (b"CONNECT 2130706433:80 HTTP/1.1\r\nHost: 2130706433:80\r\n\r\n", "egress_malformed"),
    "NUL in the host": (b"CONNECT evil.example\0.{H} HTTP/1.1\r\nHost: {H}\r\n\r\n", "egress_malformed"),
    "NUL without end": (b"CONNECT evil.example\0.{H} HTTP/1.1\r\n", "egress_malformed"),
    "bad UTF-8": (b"CONNECT \xff\xfe{H} HTTP/1.1\r\nHost: {H}\r\n\r\n", "egress_malformed"),
    "encoded NUL": (b"CONNECT evil.example%00.{H} HTTP/1.1\r\nHost: {H}\r\n\r\n", "egress_malformed"),
    "user information": (b"CONNECT {H}@evil.example:443 HTTP/1.1\r\nHost: {H}\r\n\r\n", "egress_malformed"),
    "user information in a target": (b"GET http://{H}@evil.example/ HTTP/1.1\r\nHost: {H}\r\n\r\n", "egress_malformed"),
    "trailing dot": (b"CONNECT allowed.example.:443 HTTP/1.1\r\nHost: allowed.example.:443\r\n\r\n", "egress_malformed"),
    "backslash": (b"GET http://{H}\\@evil.example/ HTTP/1.1\r\nHost: {H}\r\n\r\n", "egress_malformed"),
    "no port": (b"CONNECT allowed.example HTTP/1.1\r\nHost: allowed.example\r\n\r\n", "egress_malformed"),
    "port 0": (b"CONNECT allowed.example:0 HTTP/1.1\r\nHost: allowed.example:0\r\n\r\n", "egress_malformed"),
    "port 65536+443": (b"CONNECT allowed.example:65979 HTTP/1.1\r\nHost: x\r\n\r\n", "egress_malformed"),
    "Host of another": (b"GET http://{H}/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", "egress_malformed"),
    "CONNECT with Host of another": (b"CONNECT {H} HTTP/1.1\r\nHost: evil.example\r\n\r\n", "egress_malformed"),
    "two Hosts": (b"GET http://{H}/ HTTP/1.1\r\nHost: {H}\r\nHost: evil.example\r\n\r\n", "egress_malformed"),
    "no Host": (b"GET http://{H}/ HTTP/1.1\r\n\r\n", "egress_malformed"),
    "length and chunks": (
        b"POST http://{H}/ HTTP/1.1\r\nHost: {H}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "egress_malformed",
    ),
    "two lengths": (
        b"POST http://{H}/ HTTP/1.1\r\nHost: {H}\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", "egress_malformed",
    ),
    "odd coding": (b"POST http://{H}/ HTTP/1.1\r\nHost: {H}\r\nTransfer-Encoding: xchunked\r\n\r\n", "egress_malformed"),
    "folded line": (b"GET http://{H}/ HTTP/1.1\r\nHost: {H}\r\nX: a\r\n b: c\r\n\r\n", "egress_malformed"),
    "space before colon": (b"GET http://{H}/ HTTP/1.1\r\nHost : {H}\r\n\r\n", "egress_malformed"),
    "bare LF": (b"GET http://{H}/ HTTP/1.1\nHost: {H}\n\n\r\n\r\n", "egress_malformed"),
    "bare CR": (b"GET http://{H}/ HTTP/1.1\r\nHost: {H}\r\nX: a\rb\r\n\r\n", "egress_malformed"),
    "origin form": (b"GET / HTTP/1.1\r\nHost: {H}\r\n\r\n", "egress_malformed"),
    "https in absolute form": (b"GET https://{H}/ HTTP/1.1\r\nHost: {H}\r\n\r\n", "egress_malformed"),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "egress_malformed"),
    "CONNECT with a body": (b"CONNECT {H} HTTP/1.1\r\nHost: {H}\r\nContent-Length: 5\r\n\r\nhello", "egress_malformed"),
    "Upgrade": (
        b"GET http://{H}/ HTTP/1.1\r\nHost: {H}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "egress_protocol",
    ),
    "huge header": (b"GET http://{H}/ HTTP/1.1\r\nHost: {H}\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", "egress_malformed"),
    "many headers": (b"GET http://{H}/ HTTP/1.1\r\nHost: {H}\r\n" + b"X: a\r\n" * 500 + b"\r\n", "egress_malformed"),
    "SSH to the proxy": (b"SSH-2.0-OpenSSH_9.2\r\n", "egress_protocol"),
    "Stratum to the proxy": (
        b'{"id":1,"method":"mining.subscribe","params":["' + b"m" * 200 + b'"]}\n', "egress_protocol",
    ),
    "SOCKS 5 to the proxy": (b"\x05\x01\x00", "egress_protocol"),
}  # fmt: skip


@pytest.fixture
def guarded(start_door: Any, outside: Any) -> Any:
    server = outside()
    return start_door(server.port, head_ms=700), server


def test_every_hostile_line_is_refused(guarded: Any) -> None:
    door, server = guarded
    for name, (line, expected) in LINES.items():
        before = len(door.flows("refused"))
        answer = door.ask(line.replace(b"{H}", f"{HOST}:{server.port}".encode()), call=2)
        assert reason(answer) == expected, name
        door.wait(lambda _, n=before: len(door.flows("refused")) > n)
        flow = door.flows("refused")[-1]
        assert (flow.reason, flow.attribution.call) == (expected, 2), name
        assert flow.bytes_out > 0 or flow.method is not None, name
    assert server.connections == 0
    assert len(door.flows()) == len(door.flows("refused")) == len(LINES)
    assert door.process.poll() is None


def test_a_head_that_comes_too_slowly(guarded: Any) -> None:
    door, _ = guarded
    began = time.monotonic()
    with door.connect(door.proxy) as sock:
        sock.sendall(b"GET http://allowed.example/ HT")
        for _ in range(40):
            time.sleep(0.05)
            try:
                sock.sendall(b"T")
            except OSError:
                break
    assert time.monotonic() - began < 3
    assert door.wait_flow(lambda f: f.phase == "refused").reason == "egress_malformed"


def test_silence_at_the_proxy_is_closed(guarded: Any, read_all: Any) -> None:
    door, _ = guarded
    with door.connect(door.proxy) as sock:
        assert read_all(sock) == b""


#: What is said inside an allowed tunnel, and how the flow is recorded.
FLIGHTS = {
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", "ssh"),
    "Stratum": (b'{"id":1,"method":"mining.subscribe","params":["x/1"]}\n', "stratum"),
    "SOCKS": (b"\x05\x01\x00", "socks"),
    "bytes": (b"\x00\x01\x02\x03", "other"),
    "HTTP for another": (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "http"),
    "nested CONNECT": (b"CONNECT evil.example:22 HTTP/1.1\r\nHost: {H}\r\n\r\n", "http"),
    "Upgrade in a tunnel": (b"GET / HTTP/1.1\r\nHost: {H}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "http"),
}


@pytest.mark.parametrize("together", [False, True], ids=["after the answer", "with the request"])
def test_a_first_flight_that_breaks_the_promise(guarded: Any, together: bool, read_all: Any) -> None:
    door, server = guarded
    for name, (line, protocol) in FLIGHTS.items():
        before = len(door.flows("refused"))
        line = line.replace(b"{H}", f"{HOST}:{server.port}".encode())
        with door.tunnel(HOST, server.port, more=line if together else b"") as sock:
            if not together:
                sock.sendall(line)
            assert reason(read_all(sock)) == "egress_protocol", name
        door.wait(lambda _, n=before: len(door.flows("refused")) > n)
        flow = door.flows("refused")[-1]
        assert (flow.protocol, flow.via, flow.host) == (protocol, "connect", HOST), name
    assert server.heard == b""


def test_a_silent_client_is_refused(guarded: Any, read_all: Any) -> None:
    door, server = guarded
    with door.tunnel(HOST, server.port) as sock:
        assert reason(read_all(sock)) == "egress_protocol"
    assert door.wait_flow(lambda f: f.phase == "refused").protocol == "silent"
    assert server.heard == b""


def test_nothing_from_the_server_before_the_first_flight(start_door: Any, outside: Any, read_all: Any) -> None:
    def banner(sock: socket.socket, server: Any) -> None:
        sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        server.hear(sock)

    server = outside(banner)
    door = start_door(server.port)
    with door.tunnel(HOST, server.port) as sock:
        answer = read_all(sock)
    assert b"SSH-" not in answer
    assert reason(answer) == "egress_protocol"


def test_a_hello_must_name_the_host(guarded: Any, hello: Any, read_all: Any) -> None:
    door, server = guarded
    for name in ("evil.example", None):
        with door.tunnel(HOST, server.port) as sock:
            sock.sendall(hello(name))
            # A fatal access_denied alert: a TLS library says so instead of "connection reset".
            assert read_all(sock) == bytes([21, 3, 3, 0, 2, 2, 49])
    assert server.heard == b""
    door.wait(lambda _: len(door.flows("refused")) >= 2)
    assert [flow.reason for flow in door.flows("refused")] == ["egress_protocol"] * 2


def test_encrypted_client_hello_is_refused(guarded: Any, hello: Any, read_all: Any) -> None:
    door, server = guarded
    raw = bytearray(hello(HOST))
    raw += b"\xfe\x0d\x00\x00"
    session = 43 + 1 + raw[43]
    suites = session + 2 + int.from_bytes(raw[session : session + 2], "big")
    extensions = suites + 1 + raw[suites]
    for at, width in ((3, 2), (6, 3), (extensions, 2)):
        raw[at : at + width] = (int.from_bytes(raw[at : at + width], "big") + 4).to_bytes(width, "big")
    with door.tunnel(HOST, server.port) as sock:
        sock.sendall(bytes(raw))
        assert read_all(sock) == bytes([21, 3, 3, 0, 2, 2, 49])
    assert server.heard == b""
    assert "tls.ech=yes" in door.wait_flow(lambda f: f.phase == "refused").marks


def test_ssh_after_a_fitting_hello_is_cut(guarded: Any, hello: Any, read_all: Any) -> None:
    door, server = guarded
    with door.tunnel(HOST, server.port) as sock:
        sock.sendall(hello(HOST))
        door.wait_flow(lambda f: f.phase == "open")
        sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        assert read_all(sock) == b"<RST>"
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert flow.reason == "egress_protocol"
    assert b"SSH" not in server.heard


def test_a_later_request_is_judged_again(start_door: Any, site: Any, outside: Any, read_all: Any) -> None:
    other = outside()
    door = start_door(site.server_port)
    good = f"GET http://{HOST}:{site.server_port}/ HTTP/1.1\r\nHost: {HOST}:{site.server_port}\r\n\r\n"
    bad = f"GET http://127.0.0.1:{other.port}/ HTTP/1.1\r\nHost: 127.0.0.1:{other.port}\r\n\r\n"
    answer = door.ask((good + bad).encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"Vigiles-Reason: egress_address" in answer
    assert other.connections == 0
    tunnelled = f"GET / HTTP/1.1\r\nHost: {HOST}:{site.server_port}\r\n\r\nGET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    with door.tunnel(HOST, site.server_port, more=tunnelled.encode()) as sock:
        answer = read_all(sock)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert len(site.seen) == 2


def test_smuggled_bytes_after_a_chunked_body(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port)
    base = f"{HOST}:{site.server_port}"
    raw = f"POST http://{base}/ HTTP/1.1\r\nHost: {base}\r\nTransfer-Encoding: chunked\r\n\r\n5;\nGET /evil\r\n0\r\n\r\n"
    door.ask(raw.encode())
    assert door.wait_flow(lambda f: f.phase in ("close", "refused")).reason == "egress_malformed"
    assert not site.seen


def test_a_flow_without_owner_is_refused(start_door: Any, site: Any, read_all: Any) -> None:
    door = start_door(site.server_port, mode="observe", caller_ms=300)
    door.owner = None
    base = f"127.0.0.1:{site.server_port}"
    with door.connect(door.proxy, call=None) as sock:
        sock.sendall(f"GET http://{base}/ HTTP/1.1\r\nHost: {base}\r\n\r\n".encode())
        assert reason(read_all(sock)) == "egress_unattributed"
    flow = door.wait_flow(lambda f: f.phase == "refused")
    assert (flow.attribution.grade, flow.host) == ("none", "127.0.0.1")
    assert not site.seen
    assert b"200" in door.ask(f"GET http://{base}/ HTTP/1.0\r\n\r\n".encode())
