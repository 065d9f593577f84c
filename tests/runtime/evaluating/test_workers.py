import asyncio
import os
import signal
from pathlib import Path

import pytest

from vigiles.evaluation.grid.folder import open_folder
from vigiles.evaluation.grid.plan import AgentChoice, Block, Condition, Job, Plan
from vigiles.evaluation.grid.setups import named
from vigiles.model.errors import ProcessLost
from vigiles.runtime.evaluating.workers import Workers

PLAN = Plan(
    name="w",
    setups=named(["none"], None),
    blocks=(
        Block(agents=(AgentChoice(name="honest"),), conditions=(Condition(family="leak"),), setups=("none",), seeds=50),
    ),
)


def test_processes_play_and_end_with_us(tmp_path: Path, shared_home: Path) -> None:
    async def main() -> list[int]:
        async with Workers(tmp_path, shared_home, "run-test", 2) as workers:
            played = await asyncio.gather(*(workers.play(Job(0, seed)) for seed in (1, 2, 3)))
            assert [each.seed for each in played] == [1, 2, 3]
            return [worker.process.pid for worker in workers._workers]

    with open_folder(tmp_path, PLAN, 1, "test"):
        pids = asyncio.run(main())
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_process_that_dies_is_said(tmp_path: Path, shared_home: Path) -> None:
    async def main() -> None:
        async with Workers(tmp_path, shared_home, "run-test", 1) as workers:
            await workers.play(Job(0, 1))
            playing = [asyncio.ensure_future(workers.play(Job(0, seed))) for seed in range(2, 50)]
            workers._workers[0].process.send_signal(signal.SIGKILL)
            results = await asyncio.gather(*playing, return_exceptions=True)
            assert any(isinstance(result, ProcessLost) for result in results)
            with pytest.raises(ProcessLost):
                await workers.play(Job(0, 50))

    with open_folder(tmp_path, PLAN, 1, "test"):
        asyncio.run(main())


def test_nothing_is_given_to_one_that_nobody_listens_to(tmp_path: Path, shared_home: Path) -> None:
    """Its end is seen on its output before the system has told how it ended."""

    async def main() -> None:
        async with Workers(tmp_path, shared_home, "run-test", 1) as workers:
            await workers.play(Job(0, 1))
            worker = workers._workers[0]
            assert worker.process.stdout is not None
            worker.process.stderr = None
            worker.process.stdout.feed_eof()
            await asyncio.gather(*workers._listening)
            assert worker.process.returncode is None
            with pytest.raises(ProcessLost):
                await asyncio.wait_for(workers.play(Job(0, 2)), 20)

    with open_folder(tmp_path, PLAN, 1, "test"):
        asyncio.run(main())
