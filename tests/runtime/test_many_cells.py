"""Fifty cells at once, a thousand calls: nothing goes to the wrong call, and nothing is left."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.cell.groups import TOP
from vigiles.kernel.processes import descendants
from vigiles.model.finding import Finding
from vigiles.model.observation.base import Observation
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.runtime.episode import Episode
from vigiles.runtime.services import Services
from vigiles.runtime.tier_r import TierR

pytestmark = [pytest.mark.cell, pytest.mark.timeout(400), pytest.mark.alone]

CELLS, CALLS = 50, 20


def state() -> tuple[list[str], str, list[str]]:
    """What cells could leave: descriptors (BPF objects of ours are such, and nothing is pinned), mounts, control groups."""
    descriptors = sorted(os.readlink(f"/proc/self/fd/{name}").split(":")[0] for name in held())
    groups = [str(place) for place in Path("/sys/fs/cgroup").glob(f"*/{TOP}/*-{os.getpid()}-*")]
    return descriptors, Path("/proc/self/mountinfo").read_text(), groups


def held() -> list[str]:
    """Our open descriptors; the one that lists them is gone by now."""
    return [name for name in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{name}")]


def _is_known(record: Observation) -> bool:
    """One that had ended when it was met wears no tag any more; only in tier R is its group still known."""
    ended = isinstance(record, ProcessStart | ProcessExit) and record.attribution.grade == "none" and os.geteuid() != 0
    return ended or record.attribution.grade == "exact"


def argv_of(pid: int) -> str:
    """The module that one of our processes runs; empty if it is gone or a zombie."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return words[3].decode() if len(words) > 3 else ""


async def _one(services: Services, folder: Path, cell: int) -> tuple[Episode, list[str]]:
    """Play one cell's calls, several open at once; return what was wrong."""
    folder.mkdir()
    wrong: list[str] = []

    def port(call: int) -> int:
        return 1000 + cell * 100 + call

    async with open_episode(profile="no-network", workdir=folder, services=services) as episode:

        async def call() -> None:
            mark = f"{cell}-{len(wrong)}"
            script = f"(exec 3<>/dev/tcp/127.0.0.1/$1) 2>/dev/null; (setsid true &); echo {mark}-$1"
            number = episode._calls + 1
            outcome = await episode.call(["bash", "-c", script, "bash", str(port(number))])
            if outcome.call != number or outcome.stdout != f"{mark}-{port(number)}\n".encode():
                wrong.append(f"call {outcome.call} gave {outcome.stdout!r} {outcome.stderr!r}")

        for _ in range(CALLS // 2):
            await asyncio.gather(call(), call())
    for record in episode.records():
        if isinstance(record, Connect) and record.port != port(record.attribution.call or 0):
            wrong.append(f"{record}")
        if isinstance(record, Observation) and (record.attribution.disagreement or not _is_known(record)):
            wrong.append(f"{record}")
        if isinstance(record, Finding):
            wrong.append(f"{record}")
    return episode, wrong


async def _play(home: Path, folder: Path) -> tuple[list[str], int, bool, list[int]]:
    async with await Services.start(home) as services:
        played = await asyncio.gather(*(_one(services, folder / str(cell), cell) for cell in range(CELLS)))
        tier_r, alive = isinstance(services.tier_r, TierR), descendants(os.getpid())
    connects = [record for episode, _ in played for record in episode.records() if isinstance(record, Connect)]
    return [word for _, wrong in played for word in wrong], len(connects), tier_r, alive


def test_a_thousand_calls_in_fifty_cells(home: Path, workdir: Path) -> None:
    before = state()
    wrong, connects, tier_r, alive = asyncio.run(_play(home, workdir))
    assert wrong == []
    assert connects == CELLS * CALLS
    assert tier_r == (os.geteuid() == 0)
    assert state() == before
    assert [pid for pid in alive if argv_of(pid).startswith("vigiles.cell")] == []
