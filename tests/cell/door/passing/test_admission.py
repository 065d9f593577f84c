"""Request rules at a real door: what a host with rules is sent, and what the client hears of the rest."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ResponseReceived

from vigiles.cell import authority
from vigiles.model.observation.http import HttpRequest
from vigiles.ruleset.request_rule import RequestRule

HOST = "allowed.example"
OURS = authority.mint()


def mirror(port: int) -> list[RequestRule]:
    return [RequestRule(host=f"{HOST}:{port}", preset="package-mirror")]


def uploads(port: int, most: int, **more: Any) -> list[RequestRule]:
    return [RequestRule(host=f"{HOST}:{port}", methods=["GET", "POST"], paths=["/**"], max_request_bytes=most, **more)]


def raw(method: str, target: str, port: int, more: str = "", body: bytes = b"", prefix: str = "") -> bytes:
    head = f"{method} {prefix}{target} HTTP/1.1\r\nHost: {HOST}:{port}\r\n{more}Connection: close\r\n\r\n"
    return head.encode() + body


def absolute(port: int) -> str:
    return f"http://{HOST}:{port}"


def told(door: Any, count: int = 1) -> list[HttpRequest]:
    def found() -> list[HttpRequest]:
        return [m for m in door.messages if isinstance(m, HttpRequest)]

    door.wait(lambda _: len(found()) >= count)
    return found()


REFUSED = [
    ("PUT", "/simple/x", "Content-Length: 3\r\n", b"abc", "request_method"),
    ("POST", "/simple/x", "Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n", "request_method"),
    ("GET", "/simple/x?d=secret", "", b"", "request_query"),
    ("GET", "/simple/../x", "", b"", "request_path"),
    ("GET", "/simple/%2e%2e/x", "", b"", "request_path"),
    ("GET", "/simple%2fx", "", b"", "request_path"),
    ("GET", "//simple", "", b"", "request_path"),
    ("GET", "/simple/x", "X-HTTP-Method-Override: PUT\r\n", b"", "request_method"),
    ("GET", "/simple/x", "Content-Length: 3\r\n", b"abc", "request_body"),
]


def test_a_read_only_host_is_only_read(start_door: Any, site: Any) -> None:
    port = site.server_port
    door = start_door(port, requests=mirror(port))
    for call, (method, target, more, body, reason) in enumerate(REFUSED, 1):
        answer = door.ask(raw(method, target, port, more, body, prefix=absolute(port)), call=call)
        assert answer.startswith(b"HTTP/1.1 403 "), (method, target)
        assert f"Vigiles-Reason: {reason}\r\n".encode() in answer, (method, target)
        flow = door.wait_flow(lambda f, call=call: f.phase == "refused" and f.attribution.call == call)
        request = told(door, call)[-1]
        assert (flow.reason, request.reason, request.status, request.attribution.call) == (reason, reason, None, call)
    assert site.seen == []


def test_honest_reads_go_through_in_their_canonical_form(start_door: Any, site: Any) -> None:
    port = site.server_port
    door = start_door(port, requests=mirror(port))
    for target, sent in (
        ("/simple/pip/", "/simple/pip/"),
        ("/%73imple/%7ea", "/simple/~a"),
        ("/@s%2fp", "/@s%2Fp"),
        ("/a?", "/a"),
    ):
        answer = door.ask(raw("GET", target, port, prefix=absolute(port)))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(f"{sent} at {HOST}:{port}".encode())
    assert door.ask(raw("HEAD", "/big", port, prefix=absolute(port))).startswith(b"HTTP/1.1 200 ")
    assert all(request.reason == "allowed" for request in told(door, 5))


def test_each_request_of_a_tunnel_is_judged_and_the_refused_one_is_told(start_door: Any, site: Any, read_all: Any) -> None:
    port = site.server_port
    door = start_door(port, requests=mirror(port))
    with door.tunnel(HOST, port) as sock:
        sock.sendall(raw("GET", "/a", port).replace(b"Connection: close\r\n", b""))
        while not sock.recv(65536).endswith(str(port).encode()):
            pass
        sock.sendall(raw("PUT", "/a", port, "Content-Length: 3\r\n", b"abc"))
        answer = read_all(sock)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"Vigiles-Reason: request_method" in answer
    assert [request.reason for request in told(door, 2)] == ["allowed", "request_method"]
    assert len(site.seen) == 1


def test_a_program_that_knows_no_proxy_is_told_too(start_door: Any, site: Any, read_all: Any) -> None:
    port = site.server_port
    door = start_door(port, requests=mirror(port))
    with door.connect(door.transparent, destination=("127.0.0.1", port)) as sock:
        sock.sendall(raw("DELETE", "/a", port))
        assert b"Vigiles-Reason: request_method" in read_all(sock)


def test_tls_that_is_not_opened_cannot_be_judged(start_door: Any, tls_site: Any, hello: Any, read_all: Any) -> None:
    port = tls_site.server_port
    door = start_door(port, requests=mirror(port))
    with door.tunnel(HOST, port) as sock:
        sock.sendall(hello(HOST))
        assert b"\x15\x03" in read_all(sock)
    assert door.wait_flow(lambda f: f.phase == "refused").reason == "request_opaque"
    other = start_door(port, requests=mirror(port + 1))
    with other.tunnel(HOST, port) as sock:
        sock.sendall(hello(HOST))
        assert sock.recv(5).startswith(b"\x16\x03")


def test_rules_hold_inside_tls_that_ends_at_the_door(start_door: Any, tls_site: Any, certificate: Path) -> None:
    port = tls_site.server_port
    door = start_door(port, requests=mirror(port), authority=OURS, trust=[certificate.read_text()], exfil_bytes_call=500)
    context = ssl.create_default_context(cadata=authority.trust_in(OURS).certificate)

    def ask(method: str, target: str, more: str = "", body: bytes = b"") -> bytes:
        with context.wrap_socket(door.tunnel(HOST, port), server_hostname=HOST) as sock:
            sock.sendall(raw(method, target, port, more, body))
            answer = b""
            while piece := sock.recv(65536):
                answer += piece
            return answer

    assert ask("GET", "/%73imple/").endswith(f"/simple/ at {HOST}:{port}".encode())
    size = 300_000
    for method, target, more, body, reason in (
        ("PUT", "/simple/x", f"Content-Length: {size}\r\n", bytes(size), "request_method"),
        ("GET", "/simple/x?d=1", "", b"", "request_query"),
        ("GET", "/simple/x", f"X-Note: {'n' * 600}\r\n", b"", "budget_exfil"),
    ):
        answer = ask(method, target, more, body)
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert f"Vigiles-Reason: {reason}".encode() in answer
    assert [request.reason for request in told(door, 4)] == ["allowed", "request_method", "request_query", "budget_exfil"]
    assert len(tls_site.seen) == 1


def test_rules_hold_for_each_stream_of_http2(start_door: Any, tls_site: Any, certificate: Path) -> None:
    port = tls_site.server_port
    door = start_door(port, requests=mirror(port), authority=OURS, trust=[certificate.read_text()])
    context = ssl.create_default_context(cadata=authority.trust_in(OURS).certificate)
    context.set_alpn_protocols(["h2"])
    h2 = H2Connection(H2Configuration())
    h2.initiate_connection()
    said: dict[int, tuple[str, str]] = {}
    with context.wrap_socket(door.tunnel(HOST, port), server_hostname=HOST) as sock:
        for method, path in (("GET", "/simple/pip/"), ("PUT", "/simple/x"), ("GET", "/simple/x?d=1")):
            fields = [(":method", method), (":scheme", "https"), (":authority", f"{HOST}:{port}"), (":path", path)]
            h2.send_headers(h2.get_next_available_stream_id(), fields, end_stream=True)
        sock.sendall(h2.data_to_send())
        while len(said) < 3 and (data := sock.recv(65536)):
            for event in h2.receive_data(data):
                if isinstance(event, ResponseReceived):
                    answer = {name.decode(): value.decode() for name, value in event.headers}
                    said[event.stream_id] = answer[":status"], answer.get("vigiles-reason", "")
            sock.sendall(h2.data_to_send())
    assert said == {1: ("200", ""), 3: ("403", "request_method"), 5: ("403", "request_query")}
    assert len(tls_site.seen) == 1


def test_an_upload_is_held_to_its_limit_as_it_is_sent(start_door: Any, site: Any) -> None:
    port = site.server_port
    door = start_door(port, requests=uploads(port, 100_000))
    small, large = gzip.compress(b"a" * 5_000_000), bytes(200_000)
    assert len(small) < 100_000

    def post(body: bytes, *, chunked: bool) -> bytes:
        more = "Transfer-Encoding: chunked\r\n" if chunked else f"Content-Length: {len(body)}\r\n"
        sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
        return bytes(door.ask(raw("POST", "/u", port, more, sent, prefix=absolute(port))))

    for chunked in (False, True):
        assert post(small, chunked=chunked).startswith(b"HTTP/1.1 201 ")
        answer = post(large, chunked=chunked)
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"Vigiles-Reason: request_body" in answer
    assert [request.reason for request in told(door, 4)] == ["allowed", "request_body"] * 2
    assert len(site.seen) == 2


def test_a_chunked_upload_stops_before_the_limit_is_passed(
    start_door: Any, outside: Any, read_all: Any, wait_for: Any
) -> None:
    server = outside()
    door = start_door(server.port, requests=uploads(server.port, 1_000))
    with door.connect(door.proxy) as sock:
        sock.sendall(raw("POST", "/u", server.port, "Transfer-Encoding: chunked\r\n", prefix=absolute(server.port)))
        for _ in range(20):
            sock.sendall(b"64\r\n" + b"x" * 100 + b"\r\n")
        assert b"Vigiles-Reason: request_body" in read_all(sock)
    wait_for(lambda: b"\r\n\r\n" in server.heard)
    head, _, body = server.heard.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /u ")
    assert len(body) <= 1_000


def _chunks_without_end(sock: socket.socket, server: Any) -> None:
    server.hear(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        sock.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def _body_until_close(sock: socket.socket, server: Any) -> None:
    server.hear(sock)
    sock.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    while True:
        sock.sendall(b"x" * 4096)


def _drips(sock: socket.socket, server: Any) -> None:
    server.hear(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        sock.sendall(b"x")
        server.pause.wait(0.05)


def test_an_endless_answer_ends_at_its_limit(start_door: Any, outside: Any) -> None:
    ports = [outside(speak).port for speak in (_chunks_without_end, _body_until_close)]
    door = start_door(*ports, requests=[rule for port in ports for rule in uploads(port, 0, max_response_bytes=500_000)])
    for port in ports:
        answer = door.ask(raw("GET", "/", port, prefix=absolute(port)))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"<RST>")
        assert len(answer) < 510_000
        assert door.wait_flow(lambda f, port=port: f.phase == "close" and f.port == port).reason == "response_body"
    assert [request.reason for request in told(door, 2)] == ["response_body"] * 2


def test_an_answer_that_says_it_is_too_large_is_not_begun(start_door: Any, site: Any) -> None:
    port = site.server_port
    door = start_door(port, requests=uploads(port, 0, max_response_bytes=1_000_000))
    answer = door.ask(raw("GET", "/big", port, prefix=absolute(port)))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"Vigiles-Reason: response_body" in answer
    assert door.ask(raw("GET", "/small", port, prefix=absolute(port))).startswith(b"HTTP/1.1 200 ")


def test_an_exchange_ends_in_time(start_door: Any, outside: Any) -> None:
    def silent(sock: socket.socket, server: Any) -> None:
        while server.hear(sock):
            pass

    quiet, drip = outside(silent), outside(_drips)
    drip.pause = threading.Event()
    rules = uploads(quiet.port, 0, max_seconds=1) + uploads(drip.port, 0, max_seconds=1)
    door = start_door(quiet.port, drip.port, requests=rules)
    assert b"Vigiles-Reason: exchange_time" in door.ask(raw("GET", "/", quiet.port, prefix=absolute(quiet.port)))
    assert door.ask(raw("GET", "/", drip.port, prefix=absolute(drip.port))).endswith(b"x<RST>")
    assert [request.reason for request in told(door, 2)] == ["exchange_time"] * 2


def test_a_head_has_a_limit(start_door: Any, outside: Any) -> None:
    heads = [b"X-Long: " + b"x" * 20_000, b"\r\n".join(b"X-%d: y" % number for number in range(200))]

    def speak(sock: socket.socket, server: Any) -> None:
        server.hear(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\n" + heads[server.connections - 1] + b"\r\n\r\n")

    server = outside(speak)
    door = start_door(server.port)
    for _ in heads:
        answer = door.ask(raw("GET", "/", server.port, prefix=absolute(server.port)))
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"Vigiles-Reason: response_head" in answer


def test_a_head_that_drips_ends_in_time(start_door: Any, outside: Any) -> None:
    def speak(sock: socket.socket, server: Any) -> None:
        server.hear(sock)
        for letter in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200:
            sock.sendall(bytes([letter]))
            server.pause.wait(0.05)

    server = outside(speak)
    server.pause = threading.Event()
    door = start_door(server.port, head_ms=700)
    assert b"Vigiles-Reason: exchange_time" in door.ask(raw("GET", "/", server.port, prefix=absolute(server.port)))


TRAILING = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    b"HTTP/1.1 204 No Content\r\n\r\nevil",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nevil",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nevil",
]


def test_what_follows_an_answer_reaches_nobody(start_door: Any, outside: Any, read_all: Any) -> None:
    def speak(sock: socket.socket, server: Any) -> None:
        server.hear(sock)
        sock.sendall(TRAILING[server.connections - 1])

    server = outside(speak)
    door = start_door(server.port)
    for call in range(1, len(TRAILING) + 1):
        with door.connect(door.proxy, call) as sock:
            sock.sendall(raw("GET", "/", server.port, prefix=absolute(server.port)).replace(b"Connection: close\r\n", b""))
            assert b"evil" not in read_all(sock)
        flow = door.wait_flow(lambda f, call=call: f.phase == "close" and f.attribution.call == call)
        assert "http.trailing=yes" in flow.marks


def test_observing_only_notes(start_door: Any, site: Any, tls_site: Any, hello: Any) -> None:
    port, tls_port = site.server_port, tls_site.server_port
    door = start_door(port, tls_port, mode="observe", requests=[*mirror(port), *mirror(tls_port)])
    assert door.ask(raw("POST", "/%75", port, "Content-Length: 3\r\n", b"abc", prefix=absolute(port))).startswith(
        b"HTTP/1.1 201 "
    )
    (request,) = told(door)
    assert (request.reason, request.unenforced, request.path) == ("allowed", "request_method", "/%75")
    with door.tunnel(HOST, tls_port) as sock:
        sock.sendall(hello(HOST))
        assert sock.recv(5)
    assert "unenforced=request_opaque" in door.wait_flow(lambda f: f.phase == "close" and f.port == tls_port).marks
