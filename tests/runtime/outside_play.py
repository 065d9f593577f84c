"""Run inside a drill's network namespace: real flows to a real outside, struck in the middle. FOLDER/result.json tells.

``203.0.113.30`` is an allowed host: HTTP on port 80 (``/slow`` sends a little, then waits), and a 443 that listens to
anything and answers a Stratum greeting, as a host would that was taken over.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from vigiles.api import open_episode
from vigiles.drills.world import addresses
from vigiles.model.response import Response
from vigiles.runtime.episode import Episode

HOST = addresses.MIRROR_NAME
PROFILE = f"""
extends = "rl-rollout"
name = "mine"
[egress]
hosts = ["{HOST}:80", "{HOST}:443"]
[egress.pins]
"{HOST}:80" = "{addresses.MIRROR}"
"{HOST}:443" = "{addresses.MIRROR}"
"""
FREEZING = PROFILE + '[responses]\nhigh = ["cut_egress", "freeze"]\n'
#: Through the door's CONNECT, say the first words of another protocol and wait for an answer.
FIRST_FLIGHT = f"""
import socket, sys, time
sock = socket.create_connection(("127.0.0.1", 3128), timeout=5)
sock.sendall(b"CONNECT {HOST}:443 HTTP/1.1\\r\\nHost: {HOST}:443\\r\\n\\r\\n")
print(sock.recv(200).split(b"\\r\\n")[0], flush=True)
sock.sendall(sys.argv[1].encode() + b"\\n")
print(sock.recv(200), flush=True)
time.sleep(30)
"""
STRATUM = '{"id":1,"method":"mining.subscribe","params":["harmless/0"]}'
SSH = "SSH-2.0-OpenSSH_9.6"
METADATA = "import socket\nsocket.create_connection(('169.254.169.254', 80), timeout=1)"

arrived: list[str] = []


async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
    arrived.append(f"web {path.decode()}")
    try:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\nfirst ")
        await writer.drain()
        await asyncio.sleep(60 if path == b"/slow" else 0)
        writer.write(b"second")
        await writer.drain()
    except OSError:
        pass
    writer.close()


async def taken_over(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    data = await reader.read(1000)
    arrived.append(f"taken over {data.decode()}")
    writer.write(b'{"id":1,"result":[[],"00",4],"error":null}\n')
    await reader.read(1000)
    writer.close()


class Plays:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def opening(self, name: str, text: str) -> Any:
        profile, work = self._folder / f"profile-{name}", self._folder / f"work-{name}"
        profile.mkdir()
        work.mkdir()
        (profile / "profile.toml").write_text(text)
        return open_episode(profile=profile, workdir=work, home=self._folder / "home")

    async def frozen(self) -> dict[str, Any]:
        """A download stands open when another call asks for credentials; a person thaws the episode afterwards."""
        async with self.opening("frozen", FREEZING) as episode:
            slow = ["curl", "-sS", "-N", f"http://{HOST}/slow"]
            downloading = asyncio.ensure_future(episode.call(slow))
            while "web /slow" not in arrived:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.2)
            asking = asyncio.ensure_future(
                episode.call(["sh", "-c", 'sleep 72.25 & "$0" -ISc "$1"', sys.executable, METADATA])
            )
            while not any(isinstance(r, Response) and r.kind == "freeze" for r in episode.records()):
                await asyncio.sleep(0.02)
            refused = await episode.call(["true"])
            responses = [msgspec.to_builtins(r) for r in episode.records() if isinstance(r, Response)]
            incident = next(iter(episode.pipeline.incidents.values()))
            episode.strikes.plan(incident, ["thaw"])
            await episode.strikes.idle()
            download, _ = await downloading, await asking
            again = await episode.call(["curl", "-sS", f"http://{HOST}/again"])
            return {
                "responses": responses,
                "refused": refused.verdict.reason,
                "download": [download.exit_code, download.stdout.decode()],
                "again": [again.exit_code, again.stdout.decode()],
            }

    async def first_flight(self, name: str, said: str) -> dict[str, Any]:
        """An agent speaks another protocol through the allowed host; a daemon of an honest call stands by."""
        async with self.opening(name, PROFILE) as episode:
            honest = await episode.call(["curl", "-sS", f"http://{HOST}/honest"])
            daemon = await episode.call(["sh", "-c", "setsid sleep 71.25 & setsid sleep 71.25 & sleep 0.05"])
            outcome = await episode.call([sys.executable, "-ISc", FIRST_FLIGHT, said], timeout=8)
            ended = time.monotonic_ns() // 1000
            await episode.settle(0.5)
            later = await episode.call(["true"])
            alive = processes_with("71.25")
        return {
            "honest": [honest.exit_code, honest.stdout.decode(), episode.feedback(honest.call).value],
            "daemon": [daemon.exit_code, episode.feedback(daemon.call).value],
            "said": outcome.stdout.decode(),
            "outcome": [outcome.call, outcome.result.outcome, episode.feedback(outcome.call).value],
            "returned_us": ended,
            "later": later.verdict.reason,
            "alive": alive,
            "records": records_of(episode),
        }


def records_of(episode: Episode) -> list[Any]:
    return [msgspec.to_builtins(record) for record in episode.records()]


def processes_with(word: str) -> int:
    count = 0
    for name in os.listdir("/proc"):
        try:
            count += name.isdigit() and word.encode() in Path(f"/proc/{name}/cmdline").read_bytes()
        except OSError:
            continue
    return count


async def main(folder: Path) -> None:
    await asyncio.start_server(web, addresses.MIRROR, 80)
    await asyncio.start_server(taken_over, addresses.MIRROR, 443)
    plays = Plays(folder)
    async with asyncio.timeout(60):
        result = {
            "frozen": await plays.frozen(),
            "stratum": await plays.first_flight("stratum", STRATUM),
            "ssh": await plays.first_flight("ssh", SSH),
            "arrived": arrived,
        }
    (folder / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
