"""A cell that stays: until it is closed, stopped, or its time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.runtime.attending import cell_client
from vigiles.runtime.attending.attended import Report, Told
from vigiles.runtime.attending.cell_order import CellOrder
from vigiles.runtime.attending.open_cell import hold
from vigiles.runtime.episode import Episode
from vigiles.runtime.serving import control

pytestmark = pytest.mark.cell


def _held(order: CellOrder, opened: Callable[[Episode], Any]) -> Report:
    tasks: list[asyncio.Future[Any]] = []

    async def main() -> Report:
        async with asyncio.timeout(40):
            told = Told(lambda _: None, lambda _run, _response: None)
            report = await hold(order, told, lambda episode: tasks.append(asyncio.ensure_future(opened(episode))))
            await asyncio.gather(*tasks)
            return report

    return asyncio.run(main())


@pytest.mark.parametrize(("how", "ended"), [("close", None), ("stop", "stopped"), ("response", "response"), ("time", None)])
def test_ways_to_end(
    shared_home: Path, workdir: Path, make_profile: Callable[..., Path], how: str, ended: str | None
) -> None:
    async def opened(episode: Episode) -> None:
        if how == "close":
            await cell_client.close(shared_home, episode.coordinates.episode)
        elif how == "stop":
            (live,) = await asyncio.to_thread(control.live, shared_home)
            assert await asyncio.to_thread(control.stop, shared_home, live)
        elif how == "response":
            await episode.end("response")

    profile = make_profile("[budgets]\nwall_seconds_episode = 1\n") if how == "time" else "rl-rollout"
    report = _held(CellOrder(profile=str(profile), workdir=workdir, home=shared_home), opened)
    assert (report.ended, report.calls, report.code) == (ended, 0, 0)
    assert not control.live(shared_home)
