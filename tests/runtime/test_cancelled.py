"""What is cancelled in the middle leaves nothing, and harms nobody beside it."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.kernel.processes import descendants
from vigiles.model.result import Result
from vigiles.runtime.services import Services

pytestmark = pytest.mark.cell


async def until(true: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def test_an_opening_that_is_cancelled_leaves_no_cell(home: Path, workdir: Path) -> None:
    async def one(services: Services) -> None:
        async with open_episode(profile="no-network", workdir=workdir, services=services):
            await asyncio.sleep(10)

    async def work() -> None:
        async with await Services.start(home) as services:
            async with open_episode(profile="no-network", workdir=workdir, services=services) as episode:
                assert (await episode.call(["true"])).exit_code == 0
            await asyncio.sleep(0.3)
            before, descriptors = len(descendants(os.getpid())), len(os.listdir("/proc/self/fd"))
            for step in range(12):
                opening = asyncio.create_task(one(services))
                await asyncio.sleep(step * 0.003)
                opening.cancel()
                await asyncio.gather(opening, return_exceptions=True)
            await until(lambda: len(descendants(os.getpid())) <= before)
            await until(lambda: len(os.listdir("/proc/self/fd")) <= descriptors)

    asyncio.run(work())


def test_a_work_directory_that_goes_away_meanwhile_harms_no_other(home: Path, workdir: Path) -> None:
    async def one(services: Services, folder: Path) -> None:
        async with open_episode(profile="no-network", workdir=folder, services=services):
            await asyncio.sleep(10)

    async def work() -> None:
        async with await Services.start(home) as services:
            (workdir / "stays").mkdir()
            async with open_episode(profile="no-network", workdir=workdir / "stays", services=services) as beside:
                for step in range(8):
                    folder = workdir / f"goes{step}"
                    folder.mkdir()
                    opening = asyncio.create_task(one(services, folder))
                    await asyncio.sleep(0.002 * step)
                    shutil.rmtree(folder)
                    await asyncio.sleep(0.02)
                    opening.cancel()
                    await asyncio.gather(opening, return_exceptions=True)
                assert (await beside.call(["true"])).exit_code == 0
            async with open_episode(profile="no-network", workdir=workdir / "stays", services=services) as after:
                assert (await after.call(["true"])).exit_code == 0

    asyncio.run(work())


def test_a_call_that_nobody_waits_for_any_more_is_ended_and_told(home: Path, workdir: Path) -> None:
    async def work() -> None:
        async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(episode.call(["sleep", "304.5"]), 0.4)
            await until(lambda: sum(isinstance(record, Result) for record in episode.records()) == 3)
            results = [record for record in episode.records() if isinstance(record, Result)]
            assert {(one.outcome, one.signal) for one in results} == {("killed", 9)}
            assert episode.watch.snapshot() == []
            assert (await episode.call(["true"])).exit_code == 0

    asyncio.run(work())


def test_more_calls_than_descriptors_of_the_soft_limit(home: Path, workdir: Path) -> None:
    async def work() -> None:
        async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
            for _ in range(110):
                assert (await episode.call(["true"])).exit_code == 0

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (96, hard))
    try:
        asyncio.run(work())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


MANY = """
import asyncio, resource, sys
from pathlib import Path
from vigiles.api import open_episode
from vigiles.model.observation.base import Observation
from vigiles.model.observation.process import ProcessStart

async def main(work, home):
    resource.setrlimit(resource.RLIMIT_NOFILE, (220, 220))
    async with open_episode(profile="no-network", workdir=Path(work), home=Path(home)) as episode:
        kept = await episode.call(["sleep", "307.5"], background=True)
        for number in range(2, 302):
            outcome = await episode.call(["true"])
            assert (outcome.call, outcome.exit_code) == (number, 0), outcome
        await episode.call(["sh", "-c", "sleep 0.5 & sleep 0.3"])
        starts = [one for one in episode.records() if isinstance(one, ProcessStart) and one.sensor == "notifier"]
        assert {one.attribution.call for one in starts} == set(range(1, 303))
        assert not [one for one in episode.records() if isinstance(one, Observation) and one.attribution.disagreement]
        assert {process.call for process in episode.watch.snapshot()} <= {1, 302}
        assert episode.watch.living(1) == 1
asyncio.run(main(*sys.argv[1:]))
"""


def test_more_calls_than_there_may_be_descriptors(home: Path, workdir: Path) -> None:
    command = [sys.executable, "-P", "-c", MANY, str(workdir), str(home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


FORKING = """
import asyncio, os, sys, time
from pathlib import Path
from vigiles.api import open_episode
async def main():
    async with open_episode(profile="no-network", workdir=Path(sys.argv[1]), home=Path(sys.argv[2])) as episode:
        await episode.call(["sleep", "306.5"], background=True)
        if not os.fork():
            os.setsid()
            os.closerange(0, 3)
            time.sleep(8)
            os._exit(0)
        print(episode.cell.made.init, flush=True)
        time.sleep(60)
asyncio.run(main())
"""


def test_a_child_that_the_supervisor_forked_does_not_keep_its_cells_alive(home: Path, workdir: Path) -> None:
    command = [sys.executable, "-P", "-c", FORKING, str(workdir), str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        init = int(supervisor.stdout.readline())
        supervisor.kill()
        supervisor.wait()
        deadline = time.monotonic() + 5
        while os.path.exists(f"/proc/{init}/ns/net") and os.path.lexists(f"/proc/{init}"):
            assert time.monotonic() < deadline, "the cell outlived its supervisor"
            time.sleep(0.02)
