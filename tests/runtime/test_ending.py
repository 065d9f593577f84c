"""An end that meets a fault is an end all the same: the cell is dead, nothing goes on, and the ledger says so."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import Services, open_episode
from vigiles.kernel.processes import descendants
from vigiles.model.episode import EpisodeEnded
from vigiles.model.feedback import Feedback
from vigiles.runtime import ending
from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell


class Fault(Exception):
    """Nobody thought of it."""


def ends(episode: Episode) -> list[str]:
    return [record.reason for record in episode.records() if isinstance(record, EpisodeEnded)]


@pytest.mark.parametrize("at", ["look", "apply", "files"])
def test_a_fault_while_ending_leaves_no_cell_and_no_silence(
    home: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def fault(*_: Any, **__: Any) -> Any:
        raise Fault

    async def main() -> Episode:
        async with await Services.start(home) as services:
            manager = open_episode(profile="no-network", workdir=workdir, services=services)
            episode = await manager.__aenter__()
            assert (await episode.call(["sh", "-c", "echo x > made; sleep 87.5 & exit 0"])).exit_code == 0
            if at == "apply":
                monkeypatch.setattr(ending, "apply", fault)
            else:
                monkeypatch.setattr(episode.watch, {"look": "look", "files": "look_at_files"}[at], fault)
            with pytest.raises(Fault):
                await manager.__aexit__(None, None, None)
            assert episode.cell is not None
            assert episode.cell.dead
            assert episode.admitted is None
            assert (await episode.call(["true"])).verdict.decision == "stop"
            init = episode.cell.made.init
            async with asyncio.timeout(10):
                while init in descendants(os.getpid()):
                    await asyncio.sleep(0.02)
            return episode

    episode = asyncio.run(main())
    assert ends(episode) == ["closed"]


def test_a_closing_that_is_cancelled_ends_the_cell(home: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with await Services.start(home) as services:
            manager = open_episode(profile="no-network", workdir=workdir, services=services)
            episode = await manager.__aenter__()
            await episode.call(["true"])

            async def never() -> None:
                await asyncio.sleep(60)

            monkeypatch.setattr(episode.strikes, "idle", never)
            closing = asyncio.ensure_future(manager.__aexit__(None, None, None))
            await asyncio.sleep(0.1)
            closing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await closing
            assert episode.cell is not None
            assert episode.cell.dead
            assert ends(episode) == ["closed"]
            assert not [record for record in episode.records() if isinstance(record, Feedback)]

    asyncio.run(main())
