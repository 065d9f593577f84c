"""Kill supervisors, or doors, at random points; ``WHICH COUNT WORKDIR HOME`` and what was seen as JSON on standard output.

A supervisor is forked off with everything imported, opens an episode and acts as fast as it can. What it may do after an
answer it tells through a pipe: that act was released.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from vigiles.api import open_episode
from vigiles.kernel.processes import descendants
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.errors import ProcessLost
from vigiles.runtime.episode import Episode
from vigiles.runtime.services import Services

#: In a cell: asks the door for what it refuses, again and again.
_ASKING = """
import socket
while True:
    sock = socket.create_connection(("127.0.0.1", 3128), timeout=5)
    sock.sendall(b"CONNECT not-listed.example:443 HTTP/1.1\\r\\nHost: not-listed.example:443\\r\\n\\r\\n")
    sock.recv(400)
    sock.close()
"""


async def supervise(work: Path, home: Path, told: int) -> None:
    async with open_episode(profile="rl-rollout", workdir=work, home=home) as episode:
        for number in range(10_000):
            if number % 6 == 5:
                outcome = await episode.call(["true"])
            else:
                outcome = await episode.act("tool_call", "note", {"number": number})
            os.write(told, f"{outcome.act.id} {outcome.verdict.id}\n".encode())


def lives(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return stat[stat.rindex(b")") + 2 :][:1] != b"Z"


def argv_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def supervisors(count: int, work: Path, home: Path) -> dict[str, Any]:
    chance = random.Random(5)
    released: list[str] = []
    left = reached = 0
    for turn in range(count):
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            os.setsid()
            os.close(reader)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            asyncio.run(supervise(work, home, writer))
            os._exit(0)
        os.close(writer)
        said = b""
        if turn % 3:  # else anywhere in its start
            said = os.read(reader, 1 << 16)
            time.sleep(chance.random() * 0.1)
        else:
            time.sleep(chance.random() * 0.5)
        tree = [one for one in descendants(pid) if "vigiles.ledger.recorder" not in argv_of(one)]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while more := os.read(reader, 1 << 16):
            said += more
        os.close(reader)
        # A last line that was cut was not told.
        names = said[: said.rfind(b"\n") + 1].decode().split()
        reached += bool(names)
        released += names
        deadline = time.monotonic() + 10
        while any(map(lives, tree)) and time.monotonic() < deadline:
            time.sleep(0.005)
        left += sum(map(lives, tree))
    return {"released": released, "left": left, "reached": reached}


def doors_now() -> list[int]:
    """The children of the launcher's first child, which forks the doors."""
    family = {pid: _parent_and_birth(pid) for pid in descendants(os.getpid()) if "vigiles.cell.launcher" in argv_of(pid)}
    launchers = [pid for pid, (parent, _) in family.items() if parent == os.getpid()]
    below = [(birth, pid) for pid, (parent, birth) in family.items() if parent in launchers]
    return [pid for pid, (parent, _) in family.items() if below and parent == min(below)[1]]


def _parent_and_birth(pid: int) -> tuple[int, int]:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return 0, 0
    fields = stat[stat.rindex(b")") + 2 :].split()
    return int(fields[1]), int(fields[19])


async def doors(count: int, work: Path, home: Path) -> dict[str, Any]:
    chance = random.Random(6)
    released: list[str] = []
    ends: list[str | None] = []
    left = reached = 0
    async with await Services.start(home) as services:
        for turn in range(count):
            async with open_episode(profile="rl-rollout", workdir=work, services=services) as episode:
                assert episode.cell is not None
                asking = asyncio.ensure_future(episode.call([sys.executable, "-ISc", _ASKING]))
                deadline = time.monotonic() + 20
                while turn % 4 and not _flows(episode) and time.monotonic() < deadline:
                    await asyncio.sleep(0.005)
                await asyncio.sleep(chance.random() * 0.08)
                reached += _flows(episode)
                inside = descendants(episode.cell.made.init)
                deadline = time.monotonic() + 20
                while len(found := doors_now()) != 1 and time.monotonic() < deadline:
                    await asyncio.sleep(0.005)
                os.kill(found[0], signal.SIGKILL)
                for number in range(20):
                    outcome = await episode.act("tool_call", "note", {"number": number})
                    if outcome.allowed:
                        released.append(outcome.act.id)
                try:
                    released.append((await asyncio.wait_for(asking, 20)).act.id)
                except ProcessLost:
                    pass  # the cell was gone before the call began
                deadline = time.monotonic() + 10
                while (episode.ended_by is None or any(map(lives, inside))) and time.monotonic() < deadline:
                    await asyncio.sleep(0.005)
                ends.append(episode.ended_by)
                left += sum(map(lives, inside))
    return {"released": released, "left": left, "reached": reached, "ends": sorted({str(end) for end in ends})}


def _flows(episode: Episode) -> bool:
    return any(type(record).__name__ == "Flow" for record in episode.records())


def main() -> None:
    which, count, work, home = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    with SyncRecorderClient(home):  # one recorder for all: it is not to leave in between
        told = supervisors(count, work, home) if which == "supervisors" else asyncio.run(doors(count, work, home))
    print(json.dumps(told))


main()
