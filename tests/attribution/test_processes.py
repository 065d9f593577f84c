"""A record for each program that starts, with its call; and for each fork that is still there at a look."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.union import Recorded

pytestmark = pytest.mark.cell

FORKS = """
import os, time
os.execv("/bin/sh", ["sh", "-c", "exec env -i /bin/sleep 0.6"]) if os.fork() == 0 else time.sleep(0.4)
"""


async def _records(workdir: Path, home: Path) -> tuple[list[int], list[Recorded]]:
    async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
        calls = [
            (await episode.call(["/bin/sh", "-c", "/bin/true one; /bin/true two; (exec /bin/true three)"])).call,
            (await episode.call([sys.executable, "-IS", "-c", FORKS])).call,
            (await episode.call(["/bin/sh", "-c", "/no/such/program; exit 0"])).call,
        ]
        await episode.settle(0.6)
        return calls, episode.records()


def test_every_exec_is_recorded_with_its_call(workdir: Path, home: Path) -> None:
    (first, second, third), records = asyncio.run(_records(workdir, home))
    starts = [record for record in records if isinstance(record, ProcessStart)]

    def of(call: int) -> list[ProcessStart]:
        return [start for start in starts if start.attribution.call == call]

    assert [start.argv[1:] for start in of(first) if start.exe == "/bin/true"] == [["one"], ["two"], ["three"]]
    assert [start.via for start in of(first)] == ["launch", "exec", "exec", "exec"]
    chain = [(start.exe, start.argv) for start in of(second) if start.via == "exec"]
    assert [exe.rsplit("/", 1)[1] for exe, _ in chain][:1] == ["sh"]
    assert ["env", "-i", "/bin/sleep", "0.6"] in [argv for _, argv in chain]
    assert ["/bin/sleep", "0.6"] in [argv for _, argv in chain]
    assert len({start.pid for start in of(second) if start.via == "exec"}) == 1  # one process, three images
    # What was asked of the kernel is recorded, also where it then fails.
    assert "/no/such/program" in [start.exe for start in of(third)]
    for start in starts:
        assert start.attribution.grade == "exact"
        assert start.attribution.disagreement == []
        assert start.coordinates is not None
        assert start.coordinates.call == start.attribution.call
    launched = {start.pid for start in starts if start.via == "launch"}
    assert len(launched) == 3
    exits = [record for record in records if isinstance(record, ProcessExit)]
    assert {exit_.attribution.call for exit_ in exits} <= {first, second, third}
