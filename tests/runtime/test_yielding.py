"""A cell that floods yields the processors to the others, and nobody else does."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import Attribution
from vigiles.model.observation.flood import Flood
from vigiles.model.stamp import Stamp
from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell
SLEEP = ["sleep", "61.5"]


def flood(episode: Episode, call: int, count: int, seconds: float = 1) -> Flood:
    last = now()
    return Flood(
        id=new_id("obs"),
        at=last,
        coordinates=episode.coordinates_of(call),
        sensor="notifier",
        attribution=Attribution(grade="exact", call=call, methods=["listener"]),
        kind="process_start",
        what="exec",
        count=count,
        first=msgspec.structs.replace(last, mono_us=last.mono_us - int(seconds * 1e6)),
        last=last,
    )


def later(seconds: float) -> Stamp:
    stamp = now()
    return msgspec.structs.replace(stamp, mono_us=stamp.mono_us + int(seconds * 1e6))


async def sleepers(episode: Episode, count: int) -> dict[int, int]:
    """Start calls that sleep; return call -> pid."""
    calls = [(await episode.call(SLEEP, background=True)).call for _ in range(count)]
    async with asyncio.timeout(10):
        while True:
            found = {process.call: process.pid for process in episode.watch.snapshot() if process.exe.endswith("sleep")}
            if found.keys() == set(calls):
                return {call: found[call] for call in calls}
            await asyncio.sleep(0.05)


def nice(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


def test_a_flooding_call_becomes_nice_with_the_cell_s_notifier_and_no_other_call(inside: Any) -> None:
    async def body(episode: Episode) -> None:
        (flooding, flooder), (_, other) = (await sleepers(episode, 2)).items()
        assert episode.cell is not None
        before = nice(other)
        episode.yielding.take(flood(episode, flooding, 300))
        assert nice(flooder) == before, "a busy build is no flood"
        episode.yielding.take(flood(episode, flooding, 3000, seconds=10))
        assert nice(flooder) == before
        episode.yielding.take(flood(episode, flooding, 3000))
        assert (nice(flooder), nice(other), nice(episode.cell.made.notifier)) == (before + 10, before, before + 10)

    inside(body, profile="no-network", tier="U")


@pytest.mark.asroot
def test_in_tier_r_the_cell_s_group_is_light_until_the_flood_has_been_over_for_a_while(inside: Any) -> None:
    if os.geteuid() != 0:
        pytest.skip("root is missing: tier R")

    async def body(episode: Episode) -> None:
        ((call, pid),) = (await sleepers(episode, 1)).items()
        assert episode.cell is not None
        assert episode.cell.groups is not None
        if not episode.cell.groups.weigh(100):
            pytest.skip("no cpu controller here")
        even = weight(pid)
        episode.yielding.take(flood(episode, call, 3000))
        assert episode.yielding.light
        assert weight(pid) == even // 10
        assert nice(pid) == nice(os.getpid())
        episode.yielding.look(later(5))
        assert episode.yielding.light
        episode.yielding.look(later(16))
        assert (episode.yielding.light, weight(pid)) == (False, even)

    inside(body, profile="no-network", tier="R")


def weight(pid: int) -> int:
    """Return what the cpu controller says of a process's group."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(","):
            return int(Path(f"/sys/fs/cgroup/cpu{path}/cpu.shares").read_text())
        if not controllers and (found := Path(f"/sys/fs/cgroup{path}/../../cpu.weight")).exists():
            return int(found.read_text())
    raise AssertionError("no cpu controller")


def test_a_real_flood_makes_its_cell_yield(inside: Any, python: list[str]) -> None:
    async def body(episode: Episode) -> bool:
        assert episode.cell is not None
        before, notifier = nice(os.getpid()), episode.cell.made.notifier
        call = asyncio.ensure_future(episode.call([*python, CONNECTS], timeout=30))
        async with asyncio.timeout(25):
            while not (episode.yielding.light or nice(notifier) > before):
                await asyncio.sleep(0.05)
        await episode.end("closed")
        await call
        return True

    assert inside(body, profile="no-network")


CONNECTS = """
import socket
while True:
    sock = socket.socket()
    try:
        sock.connect(("127.0.0.1", 9))
    except OSError:
        pass
    sock.close()
"""
