import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.evaluation.grid.course import Course
from vigiles.evaluation.grid.folder import open_folder, read_folder
from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import Job, Plan
from vigiles.evaluation.grid.run import run
from vigiles.evaluation.played import Played
from vigiles.model.errors import LedgerUnwritable

Make = Callable[..., Played]


def test_everything_is_played_and_many_at_once(plan: Plan, episode: Make) -> None:
    now = most = 0
    lines: list[Line] = []

    async def play(job: Job) -> Played:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001 * (job.seed % 3))
        now -= 1
        return episode(seed=job.seed)

    asyncio.run(run(Course(plan), play, lines.append, 5))
    assert len({line.job for line in lines}) == 32
    assert most == 5


def test_what_was_killed_goes_on_where_it_was(tmp_path: Path, plan: Plan, episode: Make) -> None:
    """The run dies in its 13th episode and again in its 25th, each time in the middle of a line; nothing is played twice."""
    begun: list[Job] = []

    async def play(job: Job) -> Played:
        begun.append(job)
        await asyncio.sleep(0)
        if len(begun) in (13, 25):
            raise RuntimeError("killed")
        return episode(seed=job.seed)

    for _ in range(2):
        with open_folder(tmp_path, plan, 1, "test") as folder, pytest.raises(RuntimeError):
            asyncio.run(run(Course(plan, folder.lines), play, folder.add, 1))
        with open(tmp_path / "episodes.jsonl", "ab") as file:
            file.write(b'{"cell":1,"se')
    with open_folder(tmp_path, plan, 1, "test") as folder:
        assert folder.torn
        asyncio.run(run(Course(plan, folder.lines), play, folder.add, 4))
    assert len(read_folder(tmp_path)[1]) == 32
    assert len(begun) == 34


def test_an_unwritable_ledger_ends_the_run(plan: Plan, episode: Make) -> None:
    async def play(job: Job) -> Played:
        if job.seed == 2:
            raise LedgerUnwritable("the disk is full")
        await asyncio.sleep(0)
        return episode()

    lines: list[Line] = []
    with pytest.raises(LedgerUnwritable):
        asyncio.run(run(Course(plan), play, lines.append, 3))
    assert len(lines) < 32


def test_more_wide_than_long(plan: Plan, episode: Make) -> None:
    async def play(job: Job) -> Played:
        return episode()

    lines: list[Line] = []
    asyncio.run(run(Course(plan), play, lines.append, 500))
    assert len(lines) == 32
    asyncio.run(run(Course(plan, lines), play, lines.append, 5))
    assert len(lines) == 32


def test_a_capped_run_ends(dear: Plan, episode: Make) -> None:
    async def play(job: Job) -> Played:
        await asyncio.sleep(0)
        return episode(cost_micro=10)

    lines: list[Line] = []
    asyncio.run(run(Course(dear, cost_cap_micro=105), play, lines.append, 3))
    assert len(lines) == 10
