"""A worker that dies while its supervisor lives is started again, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.runtime.notify import keeper as module
from vigiles.runtime.notify.keeper import Keeper
from vigiles.runtime.notify.worker import start


async def until(what: Callable[[], object], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.02)


@pytest.fixture
def workers(home: Path, processes_with: Callable[[str], list[int]]) -> Callable[[], list[int]]:
    return lambda: processes_with(f"vigiles.runtime.notify.worker\0{home}")


def test_one_that_is_killed_is_started_again(
    home: Path, settings: Any, receiving: Any, ledger: Any, workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.1)
    settings(f'[notify.pager]\nkind = "webhook"\nurl = "{receiving.url}"\n')

    async def scene() -> None:
        worker = await asyncio.to_thread(start, home)
        assert worker is not None
        keeper = Keeper(home, worker)
        told = []
        for severity in ("medium", "high", "critical"):
            await until(workers)
            (pid,) = workers()
            os.kill(pid, signal.SIGKILL)
            told.append(ledger.find(severity=severity).id)
            await until(lambda: [one for one in workers() if one != pid])  # noqa: B023 - awaited before the next round
            await until(lambda: {id for _, id in receiving.told} >= set(told))
        await keeper.close()
        assert list(dict.fromkeys(id for _, id in receiving.told)) == told
        await until(lambda: not workers())

    asyncio.run(scene())


def test_settings_that_became_unusable_are_tried_again(
    home: Path, settings: Any, receiving: Any, ledger: Any, workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.1)
    monkeypatch.setattr(module, "LATER_S", 0.1)
    good = f'[notify.pager]\nkind = "webhook"\nurl = "{receiving.url}"\n'
    settings(good)

    async def scene() -> None:
        worker = await asyncio.to_thread(start, home)
        assert worker is not None
        keeper = Keeper(home, worker)
        await until(workers)
        settings("[notify.pager]\nkind = 3\n")
        os.kill(workers()[0], signal.SIGKILL)
        version = ledger.find()
        await until(lambda: not workers())
        await asyncio.sleep(0.3)
        settings(good)
        await until(lambda: receiving.told)
        assert receiving.told == [("incident.opened", version.id)]
        await keeper.close()
        await until(lambda: not workers())

    asyncio.run(scene())
