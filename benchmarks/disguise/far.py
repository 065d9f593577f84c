"""``python -m benchmarks.disguise.far FOLDER``: the allowed host. The first line inside TLS says which conversation it is.

Prints ``ready`` when it listens, and ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import ssl
import sys
from pathlib import Path
from typing import Any

from vigiles.drills.world import addresses, keys

PORT = 443


class Far:
    """One conversation. ``asked``: the run, as the client's first line told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
        self._reader, self._writer, self._asked = reader, writer, asked
        self._draw = random.Random(asked["seed"] + 1)

    async def serve(self) -> None:
        """Talk until the client leaves."""
        pusher = asyncio.ensure_future(getattr(self, f"_{self._asked['talk']}_pushes")())
        try:
            while line := await self._reader.readline():
                await getattr(self, f"_{self._asked['talk']}")(json.loads(line))
                await self._writer.drain()
        finally:
            pusher.cancel()
            self._writer.close()

    def _say(self, message: dict[str, Any]) -> None:
        pad = self._asked["pad"]
        data = json.dumps(message)
        short = pad - len(data) if pad > 0 else self._draw.randrange(300) if pad < 0 else 0
        self._writer.write((data + " " * max(0, short)).encode() + b"\n")

    def _gap(self, spread: float) -> float:
        return float(self._asked["work"]) * self._draw.uniform(1 - spread, 1 + spread)

    async def _pool(self, message: dict[str, Any]) -> None:
        self._say({"id": message["id"], "result": True, "error": None})
        if message["method"] == "mining.authorize":
            self._job()

    async def _pool_pushes(self) -> None:
        while True:
            await asyncio.sleep(self._gap(0.2))
            self._job()
            if self._asked["keepalive"]:
                self._say({"id": None, "method": "mining.set_difficulty", "params": [1]})

    def _job(self) -> None:
        blob = self._draw.randbytes(140).hex()
        self._say({"id": None, "method": "mining.notify", "params": [blob[:8], blob[8:72], blob[72:], "20000000", True]})

    async def _push(self, message: dict[str, Any]) -> None:
        """A queue that hands out one job at a time: the next comes when there is one."""
        self._say({"ack": message["id"]})
        asyncio.get_running_loop().call_later(self._draw.expovariate(1 / self._asked["work"]), self._task)

    async def _push_pushes(self) -> None:
        await asyncio.sleep(1.0)
        self._task()

    def _task(self) -> None:
        if not self._writer.is_closing():
            self._say({"job": self._draw.randrange(10**6), "arguments": "x" * self._draw.randrange(40, 600)})

    async def _pull(self, message: dict[str, Any]) -> None:
        """A queue that answers a result with the next job, at once while it is full."""
        if self._draw.random() < 0.3:
            await asyncio.sleep(self._draw.expovariate(1 / self._asked["work"]))
        self._task()

    async def _pull_pushes(self) -> None:
        return

    async def _poll(self, message: dict[str, Any]) -> None:
        """A long poll is answered when something has happened; another request at once."""
        if message["path"] == "/events":
            await asyncio.sleep(min(30.0, self._draw.expovariate(1 / self._asked["work"])))
        self._say({"status": 200, "server": "events/1", "events": "y" * self._draw.randrange(20, 400)})

    async def _poll_pushes(self) -> None:
        return

    async def _mqtt(self, message: dict[str, Any]) -> None:
        if message.get("type") == "PINGREQ":
            self._writer.write(b'{"type":"P"}\n')

    async def _mqtt_pushes(self) -> None:
        while True:
            await asyncio.sleep(self._draw.expovariate(1 / self._asked["work"]))
            self._say({"type": "PUBLISH", "topic": "builds/state", "payload": "z" * self._draw.randrange(20, 200)})

    async def _ticks(self, message: dict[str, Any]) -> None:
        self._say({"event": "pong", "at": message["at"]})

    async def _ticks_pushes(self) -> None:
        while True:
            await asyncio.sleep(self._draw.expovariate(1 / self._asked["work"]))
            price = base64.b16encode(self._draw.randbytes(self._draw.randrange(30, 60))).decode()
            self._say({"event": "tick", "price": price})


async def _take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await Far(reader, writer, json.loads(await reader.readline())).serve()
    except (OSError, ValueError, KeyError, ssl.SSLError):
        writer.close()


async def main(folder: Path) -> None:
    """Serve until standard input closes."""
    made = keys.make(folder)
    os.chmod(made.ca, 0o644)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.certificate_key)
    server = await asyncio.start_server(_take, addresses.MIRROR, PORT, ssl=context)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
