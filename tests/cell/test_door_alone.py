"""A door in an interpreter of its own, on sockets of this network namespace."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from vigiles.cell import door_alone, listeners
from vigiles.cell.door.config import DoorConfig
from vigiles.cell.door_line import DoorLine
from vigiles.model.coordinates import Coordinates
from vigiles.ruleset.profile import Egress

HOSTS = [f"host{number}.example:443" for number in range(20_000)]


def test_it_serves_and_ends_with_its_order() -> None:
    async def main() -> Any:
        sockets = listeners.make(anywhere=True)
        # More than fits into the words of a command line.
        config = DoorConfig(coordinates=Coordinates(run="r", episode="e"), egress=Egress(mode="allow", hosts=HOSTS))
        control, asked, process = await door_alone.start(config, sockets)
        serves = asyncio.Event()
        line = DoorLine(control, lambda record: None, lambda: None, serves.set)
        async with asyncio.timeout(30):
            await serves.wait()
            status = Path(f"/proc/{process.pid}/status").read_text()
            answer = await asyncio.to_thread(refused, sockets[0].getsockname())
            await line.shut()
            code = await process.wait()
        line.close()
        asked.close()
        for sock in sockets:
            sock.close()
        return status, answer, code

    status, answer, code = asyncio.run(main())
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
    assert answer.startswith(b"HTTP/1.1 403")  # nobody says whose it is
    assert code == 0


def refused(place: tuple[str, int]) -> bytes:
    import socket

    with socket.create_connection(place, timeout=10) as client:
        client.sendall(b"CONNECT host1.example:443 HTTP/1.1\r\nHost: host1.example:443\r\n\r\n")
        return client.recv(100)


def test_it_ends_when_we_do() -> None:
    async def main() -> int | None:
        sockets = listeners.make(anywhere=True)
        config = DoorConfig(coordinates=Coordinates(run="r", episode="e"), egress=Egress())
        control, asked, process = await door_alone.start(config, sockets)
        serves = asyncio.Event()
        line = DoorLine(control, lambda record: None, lambda: None, serves.set)
        async with asyncio.timeout(30):
            await serves.wait()
            line.close()
            code = await process.wait()
        asked.close()
        for sock in sockets:
            sock.close()
        return code

    assert asyncio.run(main()) == 0
    assert os.getpid() > 0
