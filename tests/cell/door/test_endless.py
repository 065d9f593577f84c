"""Clients and hosts without end: slow ones, thousands at once, and answers that never finish; memory stays bounded."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import threading
import time
from typing import Any

from vigiles.model.observation.sensor import Gap

HOST = "allowed.example"
MB = 1 << 20
#: How much a host sends at the most before this test gives up on the door.
MOST = 64 * MB


def resident(door: Any) -> int:
    with open(f"/proc/{door.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def get(port: int, path: str = "/ok") -> bytes:
    base = f"{HOST}:{port}"
    return f"GET http://{base}{path} HTTP/1.1\r\nHost: {base}\r\nConnection: close\r\n\r\n".encode()


#: What a host begins its answer with, what it repeats for ever, and how what the client gets begins.
ENDLESS = {
    "fields": (b"HTTP/1.1 200 OK\r\n", b"X-Field: " + b"a" * 100 + b"\r\n", b"HTTP/1.1 403 "),
    "one field": (b"HTTP/1.1 200 OK\r\nX: ", b"a" * 1000, b"HTTP/1.1 403 "),
    "a status line": (b"HTTP/1.1 200 ", b"a" * 1000, b"HTTP/1.1 403 "),
    "empty lines": (b"", b"\r\n" * 500, b"HTTP/1.1 502 "),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 40, b"HTTP/1.1 100 "),
    "a chunk extension": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"x" * 1000, b"HTTP/1.1 200 "),
    "zeros of a chunk size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 1000, b"HTTP/1.1 200 "),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 100, b"HTTP/1.1 200 "),
}


def test_what_must_end_is_ended(start_door: Any, outside: Any) -> None:
    names = list(ENDLESS)
    sent = dict.fromkeys(names, 0)
    ended: set[str] = set()

    def speak(sock: socket.socket, server: Any) -> None:
        name = names[int(sock.recv(65536).split()[1][1:])]
        begin, repeated, _ = ENDLESS[name]
        with contextlib.suppress(OSError):
            sock.sendall(begin)
            while sent[name] < MOST:
                sock.sendall(repeated)
                sent[name] += len(repeated)
        ended.add(name)

    server = outside(speak)
    door = start_door(server.port)
    for at, name in enumerate(names):
        answer = door.ask(get(server.port, f"/{at}"), call=1 + at)
        assert answer.startswith(ENDLESS[name][2]), (name, answer[:200])
        assert len(answer) < MB, name
        flow = door.wait_flow(lambda flow, call=1 + at: flow.phase == "close" and flow.attribution.call == call)
        assert flow.bytes_in < MB, name
    assert resident(door) < 120 * MB
    deadline = time.monotonic() + 8
    while len(ended) < len(names):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # Kernel buffers hold some of it, the door itself little.
    assert max(sent.values()) < MOST, sent


def test_a_body_without_end_for_clients_that_do_not_read(start_door: Any, outside: Any) -> None:
    def speak(sock: socket.socket, server: Any) -> None:
        server.hear(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                sock.sendall(b"x" * (MB // 4))

    server = outside(speak)
    door = start_door(server.port)
    before = resident(door)
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(door.connect(door.proxy)) for _ in range(30)]
        for sock in socks:
            sock.sendall(get(server.port))
        for sock in socks:
            assert sock.recv(16)
        time.sleep(0.3)
        grown = resident(door) - before
    # Together they hold MOST_HELD, and one read of 64 KiB each beyond it.
    assert grown < 24 * MB


def test_slow_clients_and_slow_hosts_do_not_hold_up_an_honest_one(start_door: Any, outside: Any, site: Any) -> None:
    stop = threading.Event()

    def speak(sock: socket.socket, server: Any) -> None:
        server.hear(sock)
        with contextlib.suppress(OSError):
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1000:
                sock.sendall(bytes([byte]))
                if stop.wait(0.1):
                    return

    slow = outside(speak)
    door = start_door(site.server_port, slow.port, head_ms=800, first_flight_ms=800, idle_ms=1200)
    tunnel = f"CONNECT {HOST}:{slow.port} HTTP/1.1\r\nHost: {HOST}:{slow.port}\r\n\r\n".encode()
    begun = (
        b"GET http://allowed.example/ HT",
        tunnel + b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        tunnel + b"POST / HTT",
        get(slow.port),
        get(slow.port).replace(b"GET", b"POST").replace(b"Connection", b"Content-Length: 5000\r\nConnection"),
    )
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(door.connect(door.proxy, 2)) for _ in range(200)]
        for at, sock in enumerate(socks):
            sock.sendall(begun[at % len(begun)])
            sock.settimeout(0.001)
        took = []
        until = time.monotonic() + 1
        while time.monotonic() < until:
            for sock in socks:
                with contextlib.suppress(OSError):
                    sock.send(b"x")
            start = time.monotonic()
            assert door.ask(get(site.server_port)).startswith(b"HTTP/1.1 200 ")
            took.append(time.monotonic() - start)
            time.sleep(0.05)
        stop.set()
        assert sorted(took)[len(took) // 2] < 1
        for sock in socks:
            sock.settimeout(8)
            with contextlib.suppress(ConnectionResetError):
                while sock.recv(65536):
                    pass
    # Each has a last record: refused for its head or flight, or ended because the host's head did not come.
    door.wait(lambda _: len(door.flows("refused")) + len(door.flows("close")) >= 200 + len(took))


def test_five_thousand_connections_at_once(start_door: Any, site: Any) -> None:
    count = 5000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * count + 500:
        count = (hard - 500) // 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 2000), hard))
    door = start_door(site.server_port, max_flows=count + 100, head_ms=60_000)
    assert door.messages[0].max_flows > count
    before = resident(door)
    socks: list[socket.socket] = []
    try:
        for at in range(count):
            socks.append(door.connect(door.proxy, call=1 + at % 3))
            socks[-1].sendall(b"GET http://allowed.example")
        assert door.ask(get(site.server_port)).startswith(b"HTTP/1.1 200 ")
        grown = resident(door) - before
        print(f"{count} connections: {grown / MB:.1f} MiB, {grown / count / 1024:.1f} KiB each")
        assert grown < count * 24 * 1024
    finally:
        for sock in socks:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert door.ask(get(site.server_port)).startswith(b"HTTP/1.1 200 ")
    assert not [m for m in door.messages if isinstance(m, Gap)]
