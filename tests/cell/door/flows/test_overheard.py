"""Each request in clear has a record of its own, with its call, wherever it came through."""

from __future__ import annotations

import hashlib
from typing import Any

from vigiles.model.observation.http import HttpRequest
from vigiles.protocols.words import digest

HOST = "allowed.example"
NOTE = "6f1ed002ab5595859014ebf0951522d9"


def requests(door: Any, count: int) -> list[HttpRequest]:
    def told() -> list[HttpRequest]:
        return [m for m in door.messages if isinstance(m, HttpRequest)]

    door.wait(lambda _: len(told()) >= count)
    return told()


def test_a_read_with_a_query_and_fields(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port)
    port = site.server_port
    secret = "0123456789abcdef0123456789abcdef"
    door.ask(
        f"GET http://{HOST}:{port}/a?n={NOTE}&v=1 HTTP/1.1\r\nHost: {HOST}:{port}\r\nUser-Agent: x ({NOTE})\r\n"
        f"Authorization: Bearer {secret}\r\nCookie: {secret}\r\nConnection: close\r\n\r\n".encode(),
        call=3,
    )
    (told,) = requests(door, 1)
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert (told.method, told.host, told.port, told.path, told.status) == ("GET", HOST, port, "/a", 200)
    assert (told.flow, told.attribution, told.sensor) == (flow.flow, flow.attribution, "door")
    assert (told.attribution.grade, told.attribution.call) == ("exact", 3)
    assert told.query == told.fields == [digest(NOTE)]
    answer = f"/a?n={NOTE}&v=1 at {HOST}:{port}".encode()
    assert (told.bytes_in, told.answer) == (len(answer), hashlib.sha256(answer).hexdigest()[:32])
    assert (told.bytes_out, told.body) == (0, None)


def test_an_upload_and_a_long_path(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port)
    port = site.server_port
    body = b"x" * 100
    head = f"POST http://{HOST}:{port}/{'p' * 400} HTTP/1.1\r\nHost: {HOST}:{port}\r\nContent-Length: 100\r\n"
    door.ask(f"{head}Connection: close\r\n\r\n".encode() + body)
    (told,) = requests(door, 1)
    assert (told.method, told.status, len(told.path), told.folded) == ("POST", 201, 256, True)
    assert (told.bytes_out, told.body) == (100, hashlib.sha256(body).hexdigest()[:32])


def test_every_request_of_a_tunnel(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port)
    with door.tunnel(HOST, site.server_port, call=5) as sock:
        for name in "ab":
            sock.sendall(f"GET /{name} HTTP/1.1\r\nHost: {HOST}:{site.server_port}\r\n\r\n".encode())
            while not sock.recv(65536).endswith(str(site.server_port).encode()):
                pass
    assert [(r.path, r.attribution.call) for r in requests(door, 2)] == [("/a", 5), ("/b", 5)]
    assert len({r.flow for r in requests(door, 2)}) == 1


def test_a_body_that_the_budget_ends_is_told_with_its_reason(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port, egress_bytes_call=500)
    port = site.server_port
    door.ask(
        f"POST http://{HOST}:{port}/u HTTP/1.1\r\nHost: {HOST}:{port}\r\nContent-Length: 9000\r\n\r\n".encode() + b"x" * 9000
    )
    (told,) = requests(door, 1)
    assert (told.path, told.status, told.reason) == ("/u", None, "budget_egress")
