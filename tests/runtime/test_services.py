"""Several episodes at once on one recorder client and one launcher."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeEnded
from vigiles.runtime.opening import open_episode
from vigiles.runtime.services import Services

pytestmark = pytest.mark.cell


def test_two_episodes_see_nothing_of_each_other(short_folder: Callable[[str], Path], shared_home: Path) -> None:
    works = [short_folder("w"), short_folder("w")]
    for number, work in enumerate(works):
        (work / "mine").write_text(str(number))

    async def main() -> list[str]:
        async with (
            await Services.start(shared_home) as services,
            open_episode(workdir=works[0], services=services, run="run-both") as one,
            open_episode(workdir=works[1], services=services, run="run-both", profile="observe") as two,
        ):
            assert one.coordinates.episode != two.coordinates.episode
            await asyncio.gather(
                one.call(["sh", "-c", "setsid sleep 5 & echo one > /tmp/left; echo one > new"]),
                two.call(["sh", "-c", "setsid sleep 5 & echo two > /tmp/left; echo two > new"]),
            )
            look = ["sh", "-c", "cat mine; echo; cat new /tmp/left; ls /proc | grep -c '^[0-9]'"]
            seen = await asyncio.gather(one.call(look), two.call(look))
            assert [outcome.call for outcome in seen] == [2, 2]
            assert [outcome.stdout.split()[:3] for outcome in seen] == [[b"0", b"one", b"one"], [b"1", b"two", b"two"]]
            assert all(int(outcome.stdout.split()[3]) < 8 for outcome in seen), "only the cell's own processes"

            await one.end("stopped")
            assert (await one.call(["true"])).verdict.reason == "episode_ended"
            assert (await two.call(["sh", "-c", "cat /tmp/left"])).stdout == b"two\n", "the other goes on"
            return [one.coordinates.episode, two.coordinates.episode]

    episodes = asyncio.run(main())
    assert [(work / "new").read_text() for work in works] == ["one\n", "two\n"]
    with LedgerReader(shared_home) as reader:
        for episode, reason in zip(episodes, ["stopped", "closed"], strict=True):
            records = [record for _, record in reader.records(episode=episode)]
            assert [record.reason for record in records if isinstance(record, EpisodeEnded)] == [reason]
            assert all(record.coordinates and record.coordinates.episode == episode for record in records)


def test_many_episodes_one_after_the_other_leave_nothing_open(
    short_folder: Callable[[str], Path], shared_home: Path
) -> None:
    work = short_folder("w")

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async def main() -> list[int]:
        counts = []
        async with await Services.start(shared_home) as services:
            for _ in range(4):
                async with open_episode(workdir=work, services=services) as episode:
                    assert (await episode.call(["true"])).exit_code == 0
                counts.append(descriptors())
            children = Path(f"/proc/{services.launcher._process.pid}/task/{services.launcher._process.pid}/children")
            await asyncio.sleep(0.2)
            assert len(children.read_text().split()) <= 1, "cells are gone from the launcher, but for its door spawner"
        return counts

    counts = asyncio.run(main())
    assert len(set(counts[1:])) == 1, f"descriptors grow: {counts}"


def test_an_episode_that_is_let_go_is_freed_at_once(short_folder: Callable[[str], Path], shared_home: Path) -> None:
    """Not by a collection later, which would take its time from somebody's act."""

    async def main() -> bool:
        async with await Services.start(shared_home) as services:
            async with open_episode(profile="no-network", workdir=short_folder("w"), services=services) as episode:
                assert (await episode.call(["true"])).exit_code == 0
            known = weakref.ref(episode)
            del episode
            return known() is None

    gc.disable()
    try:
        assert asyncio.run(main())
    finally:
        gc.enable()


def test_one_part_that_fails_to_close_keeps_no_other_open(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        services = await Services.start(home)
        launcher = services.launcher._process

        async def fault() -> None:
            raise LookupError("a fault of ours")

        monkeypatch.setattr(services.warm, "close", fault)
        with pytest.raises(LookupError):
            await services.close()
        assert launcher.returncode is not None
        assert not services.ledger.connected

    asyncio.run(main())
