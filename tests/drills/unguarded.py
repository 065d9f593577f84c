"""Run inside a world: play a whole drill without any guard and print its score as JSON.

The episode here performs each step as an ordinary process; the proxy is a plain forwarding one that knows the mirror's
name. What it proves: every honest step works and every violation really reaches the world.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from vigiles.drills import load
from vigiles.drills.play import Player
from vigiles.drills.score.play import score_play
from vigiles.drills.world import addresses, process
from vigiles.ledger import mint
from vigiles.model.coordinates import Coordinates
from vigiles.model.verdict import Verdict

PROXY_PORT = 3128
NAMES = {addresses.MIRROR_NAME: addresses.MIRROR}


@dataclass
class Outcome:
    call: int
    verdict: Verdict
    exit_code: int | None = None
    signal: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    feedback: str = "nothing"


@dataclass
class Unguarded:
    workdir: Path
    coordinates: Coordinates
    calls: int = 0
    background: list[asyncio.subprocess.Process] = field(default_factory=list)

    def next_turn(self) -> None: ...

    def records(self) -> list[object]:
        return []

    async def settle(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def call(self, argv, label=None, stdin=None, timeout=None, env=None, cwd=None, background=False):
        self.calls += 1
        proxy = f"http://127.0.0.1:{PROXY_PORT}"
        child = await asyncio.create_subprocess_exec(
            *argv,
            cwd=self.workdir,
            env={
                "PATH": os.environ.get("DRILL_PATH", os.environ["PATH"]),
                "HOME": str(self.workdir),
                **(env or {}),
                "PIP_CERT": ".drill/ca.pem",  # nobody ends TLS here
                "http_proxy": proxy,
                "https_proxy": proxy,
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        verdict = Verdict(id="ver", at=mint.now(), act="act", decision="allow", reason="allowed_observe", ruleset="none")
        if background:
            self.background.append(child)
            return Outcome(self.calls, verdict)
        out, err = await asyncio.wait_for(child.communicate(), timeout)
        return Outcome(self.calls, verdict, child.returncode, None, out, err)


@contextlib.asynccontextmanager
async def open_unguarded(*, profile: Path | str, workdir: Path, task: str, model_version: str) -> AsyncIterator[Unguarded]:
    episode = Unguarded(workdir, Coordinates(run="run-1", episode=f"ep-{Path(profile).name}", task=task))
    try:
        yield episode
    finally:
        for child in episode.background:
            child.send_signal(signal.SIGKILL)
            await child.wait()


async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
    host, _, port = target.removeprefix("http://").split("/", 1)[0].partition(":")
    far_reader, far_writer = await asyncio.open_connection(NAMES.get(host, host), int(port or 80))
    if method == "CONNECT":
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    else:
        far_writer.write(head.replace(target.encode(), b"/" + target.removeprefix("http://").split("/", 1)[1].encode(), 1))
    await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def main(name: str, seconds: str, only: str = "") -> None:
    folder = load.load(load.find(name))
    steps = [
        msgspec.structs.replace(step, argv=shorter(step.argv, seconds))
        for step in folder.drill.steps
        if step.id in (only.split(",") if only else [step.id])
    ]
    folder = msgspec.structs.replace(folder, drill=msgspec.structs.replace(folder.drill, steps=steps, settle_ms=200))
    server = await asyncio.start_server(proxy, "127.0.0.1", PROXY_PORT)
    times: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        (Path(place) / "world").mkdir()
        with process.running(Path(place) / "world") as world:
            player = Player(
                folder, world.ready, open_unguarded, Path(place), lambda *step: times.update({step[2]: time.monotonic()})
            )
            played = await player.play(folder.drill.plays[0])
            score = score_play(folder.drill, played, world.effects())
            result = {"score": score, "server": world.ready.server, "effects": world.effects()}
    server.close()
    sys.stdout.write(msgspec.json.encode(result).decode())
    previous = None
    for step, when in times.items():
        if previous is not None:
            sys.stderr.write(f"{previous[0]} {when - previous[1]:.2f}\n")
        previous = (step, when)


def shorter(argv: list[str], seconds: str) -> list[str]:
    return [seconds if before == "--seconds" else word for before, word in zip(["", *argv], argv, strict=False)]


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
