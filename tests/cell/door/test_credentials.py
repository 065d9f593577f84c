"""Credentials at a real door: paid where they go and nowhere else, and never shown. Each attack has its honest twin."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ResponseReceived

from vigiles.cell import authority
from vigiles.cell.door.messages import Done, Entrust, Entrusted
from vigiles.model.observation.http import HttpRequest
from vigiles.ruleset.credential import Credential

HOST = "allowed.example"
PLACEHOLDER, SECRET = "sk-Zk3vQ9xT1mB7yL5wR2pCa8Nd4Fh6Jg0K", "sk-real/s3cr3t+Value"
OURS = authority.mint()


def entrust(door: Any, *ports: int, place: Any = "bearer", **more: Any) -> None:
    """Give the door one credential for these ports of the host."""
    more = {"clear": True, **more}
    credential = Credential(
        name="api", hosts=[f"{HOST}:{port}" for port in ports], place=place, variable="K", from_variable="R", **more
    )
    one = Entrusted(credential=credential, placeholder=PLACEHOLDER, secret=SECRET)
    assert SECRET not in repr(one)
    assert isinstance(door.order(Entrust, credentials=[one], salt="00" * 16), Done)


def echo(*, head: str = "", chunked: bool = False, pause: float = 0) -> Callable[[socket.socket, Any], None]:
    """A host that hands back what it was asked, as it is or in two chunks with the secret across them."""

    def speak(sock: socket.socket, server: Any) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (piece := server.hear(sock)):
                return
            data += piece
        size = int(data.lower().partition(b"content-length: ")[2].partition(b"\r")[0] or b"0")
        while len(data.partition(b"\r\n\r\n")[2]) < size:
            if not (piece := server.hear(sock)):
                return
            data += piece
        body = data + base64.b64encode(data) + SECRET.encode()
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
        sock.sendall(f"HTTP/1.1 200 OK\r\n{framing}\r\n{head}\r\n".encode())
        if chunked:
            cut = body.index(SECRET.encode()) + 5
            for part in (body[:cut], body[cut:]):
                sock.sendall(b"%x\r\n%s\r\n" % (len(part), part))
                time.sleep(pause)
            sock.sendall(b"0\r\n\r\n")
        else:
            sock.sendall(body)

    return speak


def request(port: int, *fields: str, path: str = "/", body: str = "") -> bytes:
    lines = [f"{'POST' if body else 'GET'} http://{HOST}:{port}{path} HTTP/1.1", f"Host: {HOST}:{port}", "Connection: close"]
    lines += [*fields, *([f"Content-Length: {len(body)}"] if body else [])]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def nothing_tells(door: Any, answer: bytes = b"") -> None:
    """No message of the door and no answer holds the secret in a spelling that anybody would read."""
    said = repr(door.messages).encode() + answer
    first_bytes = "".join(flow.first_in + flow.first_out for flow in door.flows())
    for form in (SECRET.encode(), base64.b64encode(SECRET.encode())[:-2], SECRET.encode().hex().encode()):
        assert form not in said + first_bytes.encode()


BASIC = base64.b64encode(f"user:{PLACEHOLDER}".encode()).decode()
PAID_BASIC = base64.b64encode(f"user:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("place", "more", "field", "path", "paid"),
    [
        ("bearer", {}, f"Authorization: Bearer {PLACEHOLDER}", "/", f"Authorization: Bearer {SECRET}"),
        ("basic", {}, f"Authorization: Basic {BASIC}", "/", f"Authorization: Basic {PAID_BASIC}"),
        ("header", {"header": "X-Api-Key"}, f"x-api-key: {PLACEHOLDER}", "/", f"x-api-key: {SECRET}"),
        ("query", {"parameter": "key"}, "X: y", f"/v1?a=b&key={PLACEHOLDER}", "/v1?a=b&key=sk-real%2Fs3cr3t%2BValue"),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_where_it_goes_it_is_paid_and_the_echo_is_hidden(
    start_door: Any, outside: Any, place: str, more: Any, field: str, path: str, paid: str, chunked: bool
) -> None:
    server = outside(echo(chunked=chunked))
    door = start_door(server.port)
    entrust(door, server.port, place=place, **more)
    answer = door.ask(request(server.port, field, "Accept-Encoding: gzip", path=path))
    assert paid.encode() in server.heard
    assert PLACEHOLDER.encode() not in server.heard
    assert b"Accept-Encoding: identity" in server.heard
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"*" * len(SECRET) in answer
    nothing_tells(door, answer)
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert not [mark for mark in flow.marks if mark.startswith("credential")]
    told = door.wait(lambda m: isinstance(m, HttpRequest))
    assert told.status == 200


@pytest.mark.parametrize(
    ("field", "path", "body"),
    [
        (f"X-Other: {PLACEHOLDER}", "/", ""),
        (f"Authorization: Basic {BASIC}", "/", ""),
        ("X: y", f"/{PLACEHOLDER}", ""),
        ("X: y", f"/?q={PLACEHOLDER}", ""),
        ("X: y", "/", f"a={PLACEHOLDER}"),
        (f"Authorization: Bearer {PLACEHOLDER}", "/", f"log {PLACEHOLDER}"),
        ("X: y", "/", PLACEHOLDER.encode().hex()),
    ],
)
def test_out_of_its_place_it_is_refused_and_told(start_door: Any, outside: Any, field: str, path: str, body: str) -> None:
    server = outside(echo())
    door = start_door(server.port)
    entrust(door, server.port)
    answer = door.ask(request(server.port, field, path=path, body=body))
    flow = door.wait_flow(lambda f: f.phase in ("close", "refused"))
    assert (flow.reason, "credential.out_of_place=api" in flow.marks) == ("egress_credential", True)
    assert PLACEHOLDER.encode() not in server.heard
    assert b"200 OK" not in answer
    nothing_tells(door, answer)


def test_for_another_host_it_is_refused_and_told_of(start_door: Any, outside: Any) -> None:
    server, other = outside(echo()), outside(echo())
    door = start_door(server.port, other.port)
    entrust(door, server.port)
    field = f"Authorization: Bearer {PLACEHOLDER}"
    assert b"403 Forbidden" in door.ask(request(other.port, field))
    flow = door.wait_flow(lambda f: f.phase == "refused")
    assert (flow.reason, "credential.elsewhere=api" in flow.marks) == ("egress_credential", True)
    assert other.heard == b""
    # A host that nobody listed is refused for that, and the placeholder is told of all the same.
    door.ask(request(server.port, field).replace(HOST.encode(), b"evil.example"))
    flow = door.wait_flow(lambda f: f.host == "evil.example")
    assert (flow.reason, "credential.elsewhere=api" in flow.marks) == ("egress_host", True)
    # The honest twin: another host without it.
    assert b"200 OK" in door.ask(request(other.port, "Authorization: Bearer mine"))


def test_in_clear_only_where_the_profile_says_so(start_door: Any, outside: Any) -> None:
    server = outside(echo())
    door = start_door(server.port)
    entrust(door, server.port, clear=False)
    assert b"403 Forbidden" in door.ask(request(server.port, f"Authorization: Bearer {PLACEHOLDER}"))
    assert server.heard == b""


def test_where_the_door_observes_it_is_told_and_passes(start_door: Any, outside: Any) -> None:
    server = outside(echo())
    door = start_door(server.port, mode="observe")
    entrust(door, 1)
    assert b"200 OK" in door.ask(request(server.port, f"Authorization: Bearer {PLACEHOLDER}"))
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert "credential.elsewhere=api" in flow.marks
    assert SECRET.encode() not in server.heard


def test_an_answer_that_nobody_can_read_does_not_come(start_door: Any, outside: Any) -> None:
    server, other = outside(echo(head="Content-Encoding: gzip\r\n")), outside(echo(head="Content-Encoding: gzip\r\n"))
    door = start_door(server.port, other.port)
    entrust(door, server.port)
    answer = door.ask(request(server.port, f"Authorization: Bearer {PLACEHOLDER}"))
    assert b"200 OK" not in answer
    assert door.wait_flow(lambda f: f.phase == "close").reason == "credential_answer"
    # The honest twin: the same answer of a host that has no credential.
    assert b"200 OK" in door.ask(request(other.port))


def test_what_is_streamed_is_not_held_up(start_door: Any, outside: Any) -> None:
    def stream(sock: socket.socket, server: Any) -> None:
        server.hear(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        server.hear(sock)

    server = outside(stream)
    door = start_door(server.port)
    entrust(door, server.port)
    with door.connect(door.proxy) as sock:
        sock.sendall(request(server.port, f"Authorization: Bearer {PLACEHOLDER}"))
        data = b""
        while b"abc\r\n" not in data:
            data += sock.recv(4096)


def test_a_silence_before_the_end_leaves_nothing_behind(start_door: Any, outside: Any) -> None:
    def slow(sock: socket.socket, server: Any) -> None:
        server.hear(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef")
        time.sleep(0.2)

    server = outside(slow)
    door = start_door(server.port)
    entrust(door, server.port)
    with door.connect(door.proxy) as sock:
        for _ in range(5):
            sock.sendall(request(server.port, f"Authorization: Bearer {PLACEHOLDER}").replace(b"Connection: close\r\n", b""))
            data = b""
            while not data.endswith(b"abcdef"):
                piece = sock.recv(4096)
                assert piece, data
                data += piece
    door.wait(lambda _: len(door.flows("close")) >= 5)


def test_inside_http2(start_door: Any, tls_site: Any, certificate: Path) -> None:
    door = start_door(tls_site.server_port, authority=OURS, trust=[certificate.read_text()])
    entrust(door, tls_site.server_port, clear=False)
    trusting = ssl.create_default_context(cadata=authority.trust_in(OURS).certificate)
    trusting.set_alpn_protocols(["h2"])
    connection = H2Connection(H2Configuration())
    statuses: dict[int, bytes] = {}
    with trusting.wrap_socket(door.tunnel(HOST, tls_site.server_port), server_hostname=HOST) as sock:
        connection.initiate_connection()
        for number, (path, value) in enumerate((("/one", f"Bearer {PLACEHOLDER}"), (f"/{PLACEHOLDER}", "Bearer mine"))):
            head = [
                (":method", "GET"),
                (":scheme", "https"),
                (":authority", f"{HOST}:{tls_site.server_port}"),
                (":path", path),
            ]
            connection.send_headers(2 * number + 1, [*head, ("authorization", value)], end_stream=True)
        sock.sendall(connection.data_to_send())
        while len(statuses) < 2:
            data = sock.recv(65536)
            assert data
            for event in connection.receive_data(data):
                if isinstance(event, ResponseReceived):
                    statuses[event.stream_id] = dict(event.headers)[b":status"]
            sock.sendall(connection.data_to_send())
    assert statuses == {1: b"200", 3: b"403"}
    assert [seen["authorization"] for seen in tls_site.seen] == [f"Bearer {SECRET}"]
    assert door.wait_flow(lambda f: "credential.out_of_place=api" in f.marks).reason == "egress_credential"
    nothing_tells(door)


def test_inside_tls_that_ends_at_the_door(start_door: Any, tls_site: Any, certificate: Path) -> None:
    door = start_door(tls_site.server_port, authority=OURS, trust=[certificate.read_text()])
    entrust(door, tls_site.server_port, clear=False)
    trusting = ssl.create_default_context(cadata=authority.trust_in(OURS).certificate)

    def ask(path: str, field: str) -> bytes:
        tunnel = door.tunnel(HOST, tls_site.server_port)
        with trusting.wrap_socket(tunnel, server_hostname=HOST) as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{field}\r\nConnection: close\r\n\r\n".encode())
            data = b""
            with contextlib.suppress(ConnectionResetError, ssl.SSLError):
                while piece := sock.recv(65536):
                    data += piece
        return data

    assert b"/one at" in ask("/one", f"Authorization: Bearer {PLACEHOLDER}")
    assert tls_site.seen[-1]["Authorization"] == f"Bearer {SECRET}"
    count = len(tls_site.seen)
    assert b"/two at" not in ask(f"/two?{PLACEHOLDER}", "X: y")
    assert len(tls_site.seen) == count
    flow = door.wait_flow(lambda f: "credential.out_of_place=api" in f.marks)
    assert flow.host == HOST
    nothing_tells(door)
