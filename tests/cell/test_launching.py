"""Ordering cells from a launcher: at once, prepared and adopted, refused, dropped."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from vigiles.cell.handle import Watcher
from vigiles.cell.launching import Launcher
from vigiles.cell.spec import CellSpec
from vigiles.model.errors import ControlUnavailable, ProcessLost
from vigiles.ruleset.load import load_profile
from vigiles.runtime.outfitting import outfit

pytestmark = pytest.mark.cell


def run(work: Callable[[Launcher], Awaitable[None]]) -> None:
    async def whole() -> None:
        launcher = await Launcher.start()
        try:
            await work(launcher)
        finally:
            await launcher.close()

    asyncio.run(whole())


def prepared() -> CellSpec:
    return outfit.prepared_spec(load_profile("no-network").profile, [], shim=False)


async def gone(pid: int) -> None:
    async with asyncio.timeout(10):
        while os.path.exists(f"/proc/{pid}"):
            await asyncio.sleep(0.01)


def test_a_prepared_cell_stands_only_when_it_is_adopted(workdir: Path) -> None:
    async def work(launcher: Launcher) -> None:
        cell = await launcher.make(prepared(), None, Watcher())
        assert not cell._up.done()
        spec = msgspec.structs.replace(prepared(), run="r", episode="e", workdir=str(workdir))
        await launcher.adopt(cell, spec, Watcher())
        assert cell.spec == spec
        assert cell.upper >= 0
        assert cell.landlock_abi > 0
        cell.kill()
        await gone(cell.made.init)

    run(work)


def test_a_work_directory_that_cannot_be_shown_is_told_and_the_cell_is_gone(workdir: Path) -> None:
    async def work(launcher: Launcher) -> None:
        cell = await launcher.make(prepared(), None, Watcher())
        spec = msgspec.structs.replace(prepared(), workdir=str(workdir), write=[str(workdir / "missing")])
        with pytest.raises((ControlUnavailable, ProcessLost)):
            await launcher.adopt(cell, spec, Watcher())
        await gone(cell.made.init)
        other = await launcher.make(msgspec.structs.replace(prepared(), workdir=str(workdir)), None, Watcher())
        other.kill()

    run(work)


def test_a_dropped_cell_leaves_nothing(workdir: Path) -> None:
    async def work(launcher: Launcher) -> None:
        launcher.drop(await launcher.make(prepared(), None, Watcher()))
        launcher.drop(first := await launcher.make(prepared(), None, Watcher()))
        await gone(first.made.init)
        descriptors = len(os.listdir("/proc/self/fd"))
        theirs = len(os.listdir(f"/proc/{launcher._process.pid}/fd"))
        cells = [await launcher.make(prepared(), None, Watcher()) for _ in range(3)]
        for cell in cells:
            launcher.drop(cell)
        for cell in cells:
            await gone(cell.made.init)
            await gone(cell.made.notifier)
        assert len(os.listdir("/proc/self/fd")) == descriptors
        async with asyncio.timeout(5):
            while len(os.listdir(f"/proc/{launcher._process.pid}/fd")) > theirs:
                await asyncio.sleep(0.01)

    run(work)


def test_a_launcher_that_is_gone_is_said_to_be(workdir: Path) -> None:
    async def work(launcher: Launcher) -> None:
        launcher._process.kill()
        await launcher._process.wait()
        with pytest.raises(ProcessLost):
            await launcher.make(prepared(), None, Watcher())

    run(work)
