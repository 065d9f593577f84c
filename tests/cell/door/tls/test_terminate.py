"""TLS that ends at the door: ordinary requests come through, and what hides in TLS does not. Each attack has its twin."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell import authority
from vigiles.model.observation.http import HttpRequest

HOST = "allowed.example"
OURS = authority.mint()
UPGRADE = "Connection: upgrade\r\nUpgrade: websocket\r\n"


@pytest.fixture
def door(start_door: Any, tls_site: Any, certificate: Path) -> Any:
    """A door that terminates TLS to ``tls_site``, whose certificate it trusts."""
    return start_door(tls_site.server_port, authority=OURS, trust=[certificate.read_text()])


def context(*protocols: str) -> ssl.SSLContext:
    """What a program in the cell has: it trusts the cell's authority, and here nothing else."""
    made = ssl.create_default_context(cadata=authority.trust_in(OURS).certificate)
    made.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    if protocols:
        made.set_alpn_protocols(list(protocols))
    return made


@contextlib.contextmanager
def secure(door: Any, port: int, *protocols: str, call: int = 1) -> Iterator[ssl.SSLSocket]:
    with context(*protocols).wrap_socket(door.tunnel(HOST, port, call), server_hostname=HOST) as sock:
        yield sock


def get(path: str, host: str = HOST, more: str = "Connection: close\r\n") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


def read_all(sock: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionResetError, ssl.SSLError):
        while piece := sock.recv(65536):
            data += piece
    return data


def requests(door: Any, count: int) -> list[HttpRequest]:
    door.wait(lambda _: sum(isinstance(m, HttpRequest) for m in door.messages) >= count)
    return [m for m in door.messages if isinstance(m, HttpRequest)]


def test_a_request_and_what_is_recorded_of_it(door: Any, tls_site: Any) -> None:
    with secure(door, tls_site.server_port, "http/1.1", call=4) as sock:
        assert sock.selected_alpn_protocol() == "http/1.1"
        names = {name for part in sock.getpeercert()["issuer"] for _, name in part}  # type: ignore[index]  # verified
        assert "Vigiles" in names
        sock.sendall(get("/one"))
        assert b"/one at allowed.example:" in read_all(sock)
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert (flow.protocol, flow.sni, flow.method, flow.path, flow.reason) == ("tls", HOST, "GET", "/one", "allowed")
    assert {"tls.terminated", "tls.inside=http/1.1", "tls.alpn=http/1.1", f"http.host={HOST}", "http.status=200"} <= {
        *flow.marks
    }
    (told,) = requests(door, 1)
    assert (told.method, told.host, told.port, told.path, told.status) == ("GET", HOST, tls_site.server_port, "/one", 200)
    assert (told.flow, told.attribution.call) == (flow.flow, 4)


def test_many_requests_on_one_connection_with_bodies(door: Any, tls_site: Any) -> None:
    body = bytes(range(256)) * 800
    with secure(door, tls_site.server_port) as sock:
        for path in ("/a", "/chunked"):
            sock.sendall(get(path, more=""))
            while not (data := sock.recv(65536)).endswith((str(tls_site.server_port).encode(), b"0\r\nTrailer: 1\r\n\r\n")):
                assert data
        sock.sendall(f"POST /u HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = sock.recv(65536)
        while b"\r\n\r\n" not in answer or answer.endswith(b"\r\n\r\n"):
            answer += sock.recv(65536)
        assert answer.endswith(f"{len(body)} {sum(body) % 65521}".encode())
        sock.sendall(get("/big"))
        assert len(read_all(sock)) > 3_000_000
    assert [r.path for r in requests(door, 4)] == ["/a", "/chunked", "/u", "/big"]
    assert tls_site.seen[0]["Host"] == f"{HOST}:{tls_site.server_port}"


def test_an_answer_that_is_cut_off_is_not_made_whole(door: Any, tls_site: Any) -> None:
    """Python's server ends without TLS's farewell: the client sees that as it would without us."""
    with secure(door, tls_site.server_port) as sock:
        sock.suppress_ragged_eofs = False
        sock.sendall(get("/until-close"))
        with pytest.raises(ssl.SSLError):
            list(iter(lambda: sock.recv(65536), b""))


#: What is said inside TLS -> the reason that it is refused for, and a mark.
INSIDE: dict[str, tuple[bytes, str, str]] = {
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", "egress_protocol", "ssh.client=SSH-2.0-OpenSSH_9.2"),
    "Stratum": (
        b'{"id":1,"method":"mining.subscribe","params":["m/1"]}\n', "egress_protocol", "stratum.method=mining.subscribe",
    ),
    "CONNECT": (b"CONNECT %H HTTP/1.1\r\nHost: %H\r\n\r\n", "egress_protocol", "http.connect="),
    "another host": (get("/", "evil.example"), "egress_protocol", "http.host=evil.example"),
    "another port": (get("/", f"{HOST}:1"), "egress_protocol", f"http.host={HOST}:1"),
    "another host in absolute form": (get("https://evil.example/", HOST), "egress_malformed", ""),
    "websocket": (get("/", more=UPGRADE), "egress_protocol", "http.upgrade=websocket"),
    "two lengths": (get("/", more="Content-Length: 4\r\nContent-Length: 5\r\n"), "egress_malformed", ""),
    "HTTP/2 without having said so": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "egress_malformed", ""),
}  # fmt: skip


def test_what_hides_in_tls_is_refused(door: Any, tls_site: Any) -> None:
    at = f"{HOST}:{tls_site.server_port}".encode()
    for name, (said, reason, mark) in INSIDE.items():
        before = len(door.flows("refused"))
        with secure(door, tls_site.server_port) as sock:
            sock.sendall(said.replace(b"%H", at))
            answer = read_all(sock)
        if answer:
            assert answer.startswith(b"HTTP/1.1 403 "), name
            assert f"Vigiles-Reason: {reason}".encode() in answer, name
        door.wait(lambda _, n=before: len(door.flows("refused")) > n)
        flow = door.flows("refused")[-1]
        assert (flow.reason, "tls.terminated" in flow.marks) == (reason, True), name
        assert any(one.startswith(mark) for one in flow.marks), (name, flow.marks)
    assert tls_site.seen == []


def test_a_refusal_of_a_later_request_is_told_too(door: Any, tls_site: Any) -> None:
    with secure(door, tls_site.server_port) as sock:
        sock.sendall(get("/a", more=""))
        while not sock.recv(65536).endswith(str(tls_site.server_port).encode()):
            pass
        sock.sendall(get("/b", "evil.example"))
        assert b"Vigiles-Reason: egress_protocol" in read_all(sock)
    assert door.wait_flow(lambda f: f.phase == "close").reason == "egress_protocol"
    assert len(tls_site.seen) == 1


def test_silence_is_refused_and_a_client_that_only_looks_is_not(door: Any, tls_site: Any) -> None:
    with secure(door, tls_site.server_port) as sock:
        assert read_all(sock) == b""
    assert door.wait_flow(lambda f: f.phase == "refused").reason == "egress_protocol"
    with secure(door, tls_site.server_port):
        pass
    assert door.wait_flow(lambda f: f.phase == "close").reason == "allowed"


def test_a_listed_websocket_passes(start_door: Any, outside: Any, certificate: Path) -> None:
    def speak(sock: socket.socket, server: Any) -> None:
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        served.load_cert_chain(certificate)
        with served.wrap_socket(sock, server_side=True) as inside:
            assert b"Upgrade: websocket" in inside.recv(4096)
            inside.sendall(b"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            inside.sendall(inside.recv(4096)[::-1])

    port = outside(speak).port
    door = start_door(port, authority=OURS, trust=[certificate.read_text()], upgrade=[f"{HOST}:{port}"])
    with secure(door, port) as sock:
        sock.sendall(get("/", more=UPGRADE))
        assert sock.recv(4096).startswith(b"HTTP/1.1 101 ")
        sock.sendall(b"abc")
        assert sock.recv(4096) == b"cba"


def faulty(sock: Any, *protocols: str) -> str:
    """Begin TLS and return what the client is told instead."""
    with pytest.raises(ssl.SSLError) as raised:
        context(*protocols).wrap_socket(sock, server_hostname=HOST)
    return f"{raised.value.reason} {raised.value}"


def test_a_host_that_is_not_trusted_is_a_failure_for_the_client_too(start_door: Any, tls_site: Any) -> None:
    door = start_door(tls_site.server_port, authority=OURS)
    said = faulty(door.tunnel(HOST, tls_site.server_port))
    assert said.startswith("TLSV1_ALERT_UNKNOWN_CA")
    flow = door.wait_flow(lambda f: f.phase == "refused")
    assert (flow.reason, flow.host) == ("egress_certificate", HOST)
    assert "tls.server_error=unknown_ca" in flow.marks
    sock = door.connect(door.transparent, destination=("127.0.0.1", tls_site.server_port))
    assert faulty(sock).startswith("TLSV1_ALERT_UNKNOWN_CA")
    door.wait_flow(lambda f: f.phase == "refused" and f.via == "transparent" and f.reason == "egress_certificate")
    assert tls_site.seen == []


def test_a_certificate_for_another_name_or_address(start_door: Any, tls_site: Any, certificate: Path) -> None:
    others = [f"{host}:{tls_site.server_port}" for host in ("other.example", "127.0.0.1")]
    pins = dict.fromkeys(others, "127.0.0.1")
    door = start_door(authority=OURS, trust=[certificate.read_text()], hosts=others, pins=pins)
    for host in ("other.example", "127.0.0.1"):
        with pytest.raises(ssl.SSLError, match=r"(?i)bad.certificate"):
            context().wrap_socket(door.tunnel(host, tls_site.server_port), server_hostname=host)
        assert "tls.server_error=name" in door.wait_flow(lambda f, h=host: f.phase == "refused" and f.host == h).marks


def test_a_host_that_speaks_no_tls_is_still_served_in_clear(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port, authority=OURS)
    assert "HANDSHAKE_FAILURE" in faulty(door.tunnel(HOST, site.server_port))
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert "dial.error=tls" in flow.marks
    with door.tunnel(HOST, site.server_port) as sock:
        sock.sendall(get("/plain", f"{HOST}:{site.server_port}"))
        assert b"/plain at" in read_all(sock)


def test_a_protocol_that_is_not_http_is_refused_by_its_name(door: Any, tls_site: Any) -> None:
    said = faulty(door.tunnel(HOST, tls_site.server_port), "mqtt", "x")
    assert "no application protocol" in said.lower()
    assert door.wait_flow(lambda f: f.phase == "refused").reason == "egress_protocol"


def test_a_client_that_does_not_trust_us_is_told_of(door: Any, tls_site: Any, certificate: Path) -> None:
    pinning = ssl.create_default_context(cafile=certificate)
    with pytest.raises(ssl.SSLCertVerificationError):
        pinning.wrap_socket(door.tunnel(HOST, tls_site.server_port), server_hostname=HOST)
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert any(mark.startswith("tls.client_error=") for mark in flow.marks)
    assert tls_site.seen == []


def test_no_import_comes_late(start_door: Any, tls_site: Any, certificate: Path, by_spawner: str) -> None:
    door = start_door(tls_site.server_port, authority=OURS, trust=[certificate.read_text()], boot=by_spawner)
    with secure(door, tls_site.server_port) as sock:
        sock.sendall(get("/one"))
        assert b"/one at" in read_all(sock)
