"""Budgets of a call beside the bytes it sends: bytes in, time, direction, and bytes where nobody looks."""

from __future__ import annotations

import socket
from typing import Any

from vigiles.model.observation.http import HttpRequest

HOST = "allowed.example"
RECORD = b"\x17\x03\x03\x40\x00" + bytes(0x4000)


def get(target: str, port: int, more: str = "") -> bytes:
    base = f"{HOST}:{port}"
    return f"GET http://{base}{target} HTTP/1.1\r\nHost: {base}\r\n{more}Connection: close\r\n\r\n".encode()


def requests(door: Any, count: int) -> list[HttpRequest]:
    def found() -> list[HttpRequest]:
        return [m for m in door.messages if isinstance(m, HttpRequest)]

    door.wait(lambda _: len(found()) >= count)
    return found()


def _floods(sock: socket.socket, server: Any) -> None:
    server.hear(sock)
    while True:
        sock.sendall(b"\x17\x03\x03\x10\x00" + bytes(4096))


def _hears(sock: socket.socket, server: Any) -> None:
    while server.hear(sock):
        pass


def test_bytes_in(start_door: Any, site: Any, outside: Any, hello: Any, read_all: Any) -> None:
    flood = outside(_floods)
    door = start_door(site.server_port, flood.port, ingress_bytes_call=1_000_000)
    answer = door.ask(get("/big", site.server_port), call=1)
    assert answer.endswith(b"<RST>")
    assert len(answer) <= 1_000_000
    assert b"Vigiles-Reason: budget_ingress" in door.ask(get("/small", site.server_port), call=1)
    with door.tunnel(HOST, flood.port, call=2) as sock:
        sock.sendall(hello(HOST))
        got = read_all(sock)
    assert got.endswith(b"<RST>")
    assert len(got) <= 1_000_005
    assert door.ask(get("/small", site.server_port), call=3).startswith(b"HTTP/1.1 200 ")
    door.wait_flow(lambda f: f.phase == "close" and f.attribution.call == 3)
    reasons = {f.attribution.call: f.reason for f in door.flows("close")}
    assert reasons == {1: "budget_ingress", 2: "budget_ingress", 3: "allowed"}


def test_how_long_a_flow_may_stand(start_door: Any, outside: Any, hello: Any, read_all: Any) -> None:
    server = outside(_hears)
    door = start_door(server.port, flow_seconds=1)
    with door.tunnel(HOST, server.port) as sock:
        sock.sendall(hello(HOST))
        assert read_all(sock) in (b"", b"<RST>")
    assert door.wait_flow(lambda f: f.phase == "close").reason == "budget_flow_time"


def test_who_only_sends_is_ended_and_who_receives_is_not(
    start_door: Any, outside: Any, site: Any, hello: Any, read_all: Any
) -> None:
    def answers(sock: socket.socket, server: Any) -> None:
        owed = 0
        while data := server.hear(sock):
            owed += len(data)
            while owed >= len(RECORD):
                sock.sendall(RECORD)
                owed -= len(RECORD)

    deaf, kind = outside(_hears), outside(answers)
    door = start_door(deaf.port, kind.port, site.server_port, sent_per_received=4, sent_floor_bytes=100_000)
    with door.tunnel(HOST, deaf.port, call=1) as sock:
        sock.sendall(hello(HOST))
        try:
            for _ in range(20):
                sock.sendall(RECORD)
        except ConnectionError:
            pass
        assert read_all(sock) == b"<RST>"
    flow = door.wait_flow(lambda f: f.phase == "close" and f.attribution.call == 1)
    assert flow.reason == "budget_direction"
    assert len(deaf.heard) <= 100_000
    with door.tunnel(HOST, kind.port, call=2) as sock:
        sock.sendall(hello(HOST))
        for _ in range(20):
            sock.sendall(RECORD)
            assert len(sock.recv(len(RECORD), socket.MSG_WAITALL)) == len(RECORD)
    assert door.wait_flow(lambda f: f.phase == "close" and f.attribution.call == 2).reason == "allowed"
    body = bytes(150_000)
    base = f"{HOST}:{site.server_port}"
    head = (
        f"POST http://{base}/ HTTP/1.1\r\nHost: {base}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    )
    assert b"Vigiles-Reason: budget_direction" in door.ask(head + body, call=3)


def test_bytes_in_paths_queries_and_fields(start_door: Any, site: Any) -> None:
    port = site.server_port
    door = start_door(port, exfil_bytes_call=2_000)
    for number in range(40):
        note = f"X-Note: {number:0100}\r\n"
        answer = door.ask(get("/same", port, note), call=1)
        if b" 403 " in answer[:20]:
            break
    assert b"Vigiles-Reason: budget_exfil" in answer
    assert 15 < number < 22
    assert b"Vigiles-Reason: budget_exfil" in door.ask(get("/page?d=" + "s" * 300, port), call=1)
    assert door.ask(get("/same", port), call=1).startswith(b"HTTP/1.1 200 "), "what says nothing new is let through"
    told = requests(door, number + 3)
    assert [one.field_bytes for one in told[:2]] == [len("x-note") + 100, 100]
    assert (told[0].path_bytes, told[0].query_bytes, told[0].reason) == (0, 0, "allowed")
    assert [one.carried_bytes for one in told[:3]] == [106, 206, 306]
    assert (told[number].reason, told[number].field_bytes) == ("budget_exfil", 0)
    cookie = f"Cookie: session={'c' * 4000}\r\nAuthorization: Bearer {'t' * 2000}\r\n"
    for number in range(60):
        assert door.ask(get(f"/package-{number:080}", port, cookie), call=2).startswith(b"HTTP/1.1 200 ")


def test_observing_only_notes(start_door: Any, site: Any, outside: Any) -> None:
    deaf = outside(_hears)
    limits = {"ingress_bytes_call": 1_000, "sent_per_received": 1, "sent_floor_bytes": 1_000, "exfil_bytes_call": 10}
    door = start_door(site.server_port, deaf.port, mode="observe", flow_seconds=1, **limits)
    assert len(door.ask(get("/big", site.server_port, f"X-Note: {'n' * 50}\r\n"), call=1)) > 3_000_000
    assert requests(door, 1)[0].unenforced == "budget_exfil"
    assert "unenforced=budget_ingress" in door.wait_flow(lambda f: f.phase == "close" and f.attribution.call == 1).marks
    with door.tunnel(HOST, deaf.port, call=2) as sock:
        sock.sendall(bytes(5_000))
        found = door.wait_flow(lambda f: f.attribution.call == 2 and "unenforced=budget_flow_time" in f.marks)
        assert "unenforced=budget_direction" in found.marks
        sock.sendall(b"still open")
        door.wait_flow(lambda f: f.attribution.call == 2 and f.bytes_out == 5_010)
