"""A watch that fails is no reason to go on unwatched."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell


def test_an_episode_that_cannot_be_looked_at_ends(inside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    faults: list[Any] = []

    async def body(episode: Episode) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))

        def broken(*_: Any, **__: Any) -> Any:
            monkeypatch.undo()
            raise LookupError("a fault of ours")

        monkeypatch.setattr(episode.watch._processes, "look", broken)
        await episode.call(["sleep", "50"], background=True)
        async with asyncio.timeout(10):
            while episode.ended_by is None:
                await asyncio.sleep(0.02)
        assert episode.ended_by == "cell_died"

    inside(body)
    assert [type(fault) for fault in faults] == [LookupError]
