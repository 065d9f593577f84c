"""The outside of a container: servers that note who came, and looks at processes; for ``container_play``."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from container_made import POOL

arrived: list[str] = []


def serve(address: str, port: int, answer: Callable[[bytes], bytes]) -> None:
    """Answer each connection's first words, for ever."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family)

    def one(sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            sock.settimeout(20)
            heard = sock.recv(2000)
            arrived.append(f"{address}:{port} {heard[:40].decode(errors='replace')}")
            sock.sendall(answer(heard))
            sock.recv(100)

    def accept() -> None:
        while True:
            threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def echo_datagrams() -> None:
    """Answer each datagram to the pool, for ever."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((POOL, 4444))

    def answer() -> None:
        while True:
            data, peer = sock.recvfrom(100)
            arrived.append(f"datagram {data.decode()}")
            sock.sendto(b"heard", peer)

    threading.Thread(target=answer, daemon=True).start()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cmdline(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def wait_for(what: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False
