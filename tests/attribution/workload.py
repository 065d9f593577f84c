"""Plays the attribution workload in one cell and writes down what is true and what was recorded.

``workload.py FOLDER``, inside a drill's network namespace. FOLDER/result.json: ``acts`` (kind, port, the call that acted,
the call that asked) and ``records`` (as the ledger holds them).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import actor
import msgspec
import outside

from vigiles.api import open_episode
from vigiles.runtime.episode import Episode

PROFILE = 'extends = "observe"\nname = "attribution"\n'
PORTS = range(20_000, 20_256)
AT_ONCE, WAVES = 4, 3
EACH = {"plain": 3, "forked": 3, "executed": 2, "daemon": 2, "bare": 2}
ASKERS, REQUESTS = 3, 3
CPU_CALLS, CPU_DAEMONS = 6, 4


@dataclass
class Act:
    """One network act as it really was. ``call`` acted; ``asker`` is the call on whose request it did, None: nobody's."""

    kind: str
    port: int
    call: int
    asker: int | None = None


class Workload:
    """One play."""

    def __init__(self, episode: Episode) -> None:
        self._episode = episode
        self._ports: Iterator[int] = iter(PORTS)
        self.acts: list[Act] = []
        self.cpu: list[int] = []

    async def _call(self, *steps: str) -> int:
        outcome = await self._episode.call([sys.executable, "-IS", "actor.py", *steps])
        assert outcome.exit_code == 0, outcome.stderr.decode()
        return outcome.call

    async def _own(self) -> None:
        """One call that does everything itself."""
        ports = {kind: list(itertools.islice(self._ports, count)) for kind, count in EACH.items()}
        call = await self._call(*(",".join([kind, *map(str, some)]) for kind, some in ports.items()), "wait,0.2")
        self.acts += [Act(kind, port, call) for kind, some in ports.items() for port in some]

    async def waves(self) -> None:
        for _ in range(WAVES):
            await asyncio.gather(*(self._own() for _ in range(AT_ONCE)))
        await asyncio.sleep(1)

    async def requests(self, kind: str, channel: str, *, at_once: bool = True) -> None:
        """A daemon of one call; several other calls, open at once or one after the other, that have it act."""
        actor_call = await self._call(f"serve,{channel}")

        async def ask() -> None:
            ports = list(itertools.islice(self._ports, REQUESTS))
            asker = await self._call(",".join(["ask", channel, *map(str, ports)]))
            self.acts.extend(Act(kind, port, actor_call, asker) for port in ports)

        if at_once:
            await asyncio.gather(*(ask() for _ in range(ASKERS)))
        else:
            for _ in range(ASKERS):
                await ask()

    async def bystander(self, what: str, port: int) -> None:
        """Somebody visits (or chats) while somebody else asks by another way, and while the daemon acts by itself."""
        own, *asked = itertools.islice(self._ports, 9)
        actor_call = await self._call(f"serve,tcp:{port},fifo:/tmp/{what},own:{own}")
        visit = asyncio.ensure_future(self._call(f"{what},tcp:{port},2"))
        await asyncio.sleep(0.3)
        asker = await self._call(",".join(["ask", f"fifo:/tmp/{what}", *map(str, asked)]))
        await visit
        self.acts.append(Act(f"own act, beside a {what}", own, actor_call))
        self.acts += [Act(f"fifo request, beside a {what}", port, actor_call, asker) for port in asked]

    async def compute(self) -> None:
        """Calls, three at once, whose daemons compute; each call's ordinal stands in its arguments, which forks keep."""

        async def one(ordinal: int) -> int:
            return await self._call(f"cpu,{CPU_DAEMONS},{ordinal}", "wait,0.1")

        for first in range(0, CPU_CALLS, 3):
            began = await asyncio.gather(*(one(first + offset) for offset in range(3)))
            self.cpu += began
            async with asyncio.timeout(30):
                while any(self._episode.watch.living(call) for call in began):
                    await asyncio.sleep(0.1)


async def main(folder: Path) -> None:
    outside.start(actor.HOST, PORTS)
    profile, work, home = folder / "profile", folder / "work", folder / "home"
    for path in (profile, work, home):
        path.mkdir(mode=0o700)
    (profile / "profile.toml").write_text(PROFILE)
    shutil.copy(actor.__file__, work)
    async with open_episode(profile=profile, workdir=work, home=home) as episode:
        workload = Workload(episode)
        await workload.waves()
        await workload.requests("tcp request, one asker", "tcp:6100", at_once=False)
        await workload.requests("tcp request, several askers", "tcp:6101")
        await workload.requests("unix request", "unix:/tmp/asked")
        await workload.requests("fifo request", "fifo:/tmp/fifo")
        await workload.bystander("visit", 6102)
        await workload.bystander("chat", 6103)
        await workload.compute()
        await episode.settle(1)
        records = msgspec.to_builtins(episode.records())
    result = {"acts": [asdict(act) for act in workload.acts], "cpu": workload.cpu, "records": records}
    (folder / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
