"""Load and ill manners: the door neither falls nor lets anything by."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import struct
import time
from typing import Any

from vigiles.model.observation.sensor import Gap

HOST = "allowed.example"


def resident(pid: int) -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def works(door: Any, site: Any) -> bool:
    base = f"{HOST}:{site.server_port}"
    answer = door.ask(f"GET http://{base}/ok HTTP/1.1\r\nHost: {base}\r\nConnection: close\r\n\r\n".encode())
    return bool(answer.startswith(b"HTTP/1.1 200 "))


def test_more_connections_than_are_served(start_door: Any, site: Any) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    door = start_door(site.server_port, max_flows=100)
    socks: list[socket.socket] = []
    try:
        for at in range(500):
            sock = door.connect(door.proxy, call=1 + at % 3)
            socks.append(sock)
            with contextlib.suppress(OSError):
                sock.sendall(b"CONNECT evil.exam")
        busy = socks[-1].recv(100)
        assert busy.startswith(b"HTTP/1.1 503 ") or busy == b""
        door.wait(lambda m: isinstance(m, Gap) and m.what == "flow_limit" and m.count > 100)
    finally:
        for sock in socks:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    deadline = time.monotonic() + 8
    while not works(door, site):
        assert time.monotonic() < deadline
    assert not site.seen[1:]


def test_a_storm_of_resets(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port)
    base = f"{HOST}:{site.server_port}".encode()
    pieces = [b"", b"GET ", b"CONNECT " + base + b" HTTP/1.1\r\nHost: " + base + b"\r\n\r\n\x16\x03\x01"]
    for at in range(300):
        sock = door.connect(door.proxy)
        sock.sendall(pieces[at % 3]) if pieces[at % 3] else None
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    assert works(door, site)
    assert not [m for m in door.messages if isinstance(m, Gap) and m.what == "door_fault"]


def test_half_open_connections_end(start_door: Any, outside: Any, read_all: Any) -> None:
    server = outside()
    door = start_door(mode="observe", half_open_ms=400)
    with door.tunnel("127.0.0.1", server.port) as sock:
        sock.sendall(b"\0last words")
        sock.shutdown(socket.SHUT_WR)
        assert read_all(sock) in (b"", b"<RST>")
    assert door.wait_flow(lambda f: f.phase == "close").bytes_out == 11


def test_one_side_may_end_and_still_be_answered(start_door: Any, outside: Any, read_all: Any) -> None:
    def answer_at_the_end(sock: socket.socket, server: Any) -> None:
        while server.hear(sock):
            pass
        sock.sendall(b"you sent %d" % len(server.heard))

    server = outside(answer_at_the_end)
    door = start_door(mode="observe")
    with door.tunnel("127.0.0.1", server.port) as sock:
        sock.sendall(b"\0" * 1000)
        sock.shutdown(socket.SHUT_WR)
        assert read_all(sock) == b"you sent 1000"


def test_idle_flows_end(start_door: Any, outside: Any, read_all: Any) -> None:
    server = outside()
    door = start_door(mode="observe", idle_ms=500)
    with door.tunnel("127.0.0.1", server.port) as sock:
        assert read_all(sock) in (b"", b"<RST>")


def test_a_reader_that_does_not_read_holds_no_memory(start_door: Any, outside: Any) -> None:
    def deaf(sock: socket.socket, server: Any) -> None:
        time.sleep(1.5)

    server = outside(deaf)
    door = start_door(mode="observe")
    before = resident(door.process.pid)
    socks = [door.tunnel("127.0.0.1", server.port) for _ in range(8)]
    sent = 0
    for sock in socks:
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                sent += sock.send(b"x" * 65536)
    time.sleep(0.2)
    for sock in socks:
        sock.close()
    assert sent > 1_000_000
    assert resident(door.process.pid) - before < 12_000_000


def test_a_byte_budget_of_one_call(start_door: Any, outside: Any, read_all: Any) -> None:
    server = outside()
    door = start_door(mode="observe", egress_bytes_call=10_000)
    with door.tunnel("127.0.0.1", server.port, call=1) as sock:
        sock.sendall(b"\0" * 9_000)
        door.wait_flow(lambda f: f.bytes_out == 9_000)
        sock.sendall(b"\0" * 2_000)
        assert read_all(sock) == b"<RST>"
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert flow.reason == "budget_egress"
    assert len(server.heard) == 9_000
    base = f"127.0.0.1:{server.port}"
    raw = f"POST http://{base}/ HTTP/1.1\r\nHost: {base}\r\nX: {'a' * 2000}\r\n\r\n".encode()
    assert b"Vigiles-Reason: budget_egress" in door.ask(raw, call=1)
    assert len(server.heard) == 9_000
    with door.tunnel("127.0.0.1", server.port, call=2) as sock:
        sock.sendall(b"\0" * 2_000)
        door.wait_flow(lambda f: f.attribution.call == 2 and f.bytes_out == 2_000)


def test_a_byte_budget_of_the_episode(start_door: Any, outside: Any, read_all: Any) -> None:
    server = outside()
    door = start_door(mode="observe", egress_bytes_episode=3_000)
    with door.tunnel("127.0.0.1", server.port, call=1) as first, door.tunnel("127.0.0.1", server.port, call=2) as second:
        first.sendall(b"\0" * 2_000)
        door.wait_flow(lambda f: f.bytes_out == 2_000)
        second.sendall(b"\0" * 2_000)
        assert b"Vigiles-Reason: budget_egress" in read_all(second)
    deadline = time.monotonic() + 2
    while len(server.heard) < 2_000 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(server.heard) == 2_000


def test_a_supervisor_that_does_not_read_stops_new_work_and_loses_nothing(start_door: Any) -> None:
    door = start_door(443)
    door.reading.clear()
    asked = 0
    stalled = None
    for asked in range(1, 4000):
        stalled = door.connect(door.proxy, timeout=0.7)
        stalled.sendall(f"CONNECT evil{asked}.example:443 HTTP/1.0\r\n\r\n".encode())
        try:
            assert b"egress_host" in stalled.recv(4096)
        except TimeoutError:
            break
        stalled.close()
    assert stalled is not None
    assert 1000 < asked < 3999
    before = resident(door.process.pid)
    door.reading.set()
    with stalled:
        stalled.settimeout(8)
        assert b"egress_host" in stalled.recv(4096)
    door.wait(lambda _: len(door.flows("refused")) == asked)
    assert [flow.host for flow in door.flows("refused")] == [f"evil{at}.example" for at in range(1, asked + 1)]
    assert before < 120_000_000
