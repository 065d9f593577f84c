"""Somebody on the far side who uses every reverse tunnel as soon as it stands: the server's side takes the initiative."""

from __future__ import annotations

import asyncio
import itertools

from vigiles.drills.world.journal import Journal

_LOOK_SECONDS = 0.1
#: A visitor works in bursts: two requests in a row, then a pause to read.
_PAUSES = (0.1, 0.5)
_REQUEST = b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\nUser-Agent: visitor\r\n\r\n"


async def visit(port: int, journal: Journal) -> None:
    """Try ``127.0.0.1:port`` for ever; each answer that comes through is an effect ``tunnel.used``."""
    pauses = itertools.cycle(_PAUSES)
    while True:
        used = await _once(port)
        if used:
            journal.add("tunnel.used", str(port))
        await asyncio.sleep(next(pauses) if used else _LOOK_SECONDS)


async def _once(port: int) -> bool:
    writer = None
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(_REQUEST)
            await writer.drain()
            return bool(await reader.read(65536))
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            writer.close()
