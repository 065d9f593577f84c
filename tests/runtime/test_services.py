"""Several episodes at once on one recorder client and one launcher."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell.launching import Launcher
from vigiles.ledger.client import RecorderClient
from vigiles.ledger.mint import now
from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeEnded
from vigiles.model.errors import InputInvalid
from vigiles.model.incident import Incident
from vigiles.runtime import services
from vigiles.runtime.beginning.opening import open_episode
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


PARTS = ("the kernel's part", "the launcher", "the ledger")


@pytest.mark.parametrize("late", [*PARTS, None])
def test_a_start_that_is_cancelled_leaves_no_process_and_no_descriptor(
    shared_home: Path, monkeypatch: pytest.MonkeyPatch, late: str | None
) -> None:
    """At each part that may be the last one to stand, and (None) about when all of them do: then it may have stood."""
    launched: list[Launcher] = []
    tier_r, launch, connect = services._tier_r, Launcher.start, RecorderClient.connect

    def slow_tier_r(name: str) -> Any:
        if late == PARTS[0]:
            time.sleep(0.6)
        return tier_r(name)

    async def slow_launch(groups: str = "") -> Launcher:
        if late == PARTS[1]:
            await asyncio.sleep(0.6)
        launched.append(await launch(groups))
        return launched[0]

    async def slow_connect(home: Path) -> RecorderClient:
        if late == PARTS[2]:
            await asyncio.sleep(0.6)
        return await connect(home)

    async def main() -> None:
        async with await Services.start(shared_home):
            pass  # so that the recorder runs, and all there is to import is
        before = set(os.listdir("/proc/self/fd"))
        monkeypatch.setattr(services, "_tier_r", slow_tier_r)
        monkeypatch.setattr(Launcher, "start", slow_launch)
        monkeypatch.setattr(RecorderClient, "connect", slow_connect)
        starting = asyncio.create_task(Services.start(shared_home))
        for delay in (0.0, 0.3) if late else (0.05, 0.01, 0.01):
            await asyncio.sleep(delay)
            starting.cancel()
        with contextlib.suppress(asyncio.CancelledError) if late is None else pytest.raises(asyncio.CancelledError):
            await (await starting).close()
        assert [one._process.returncode for one in launched] == [0], "the launcher was waited for"
        assert set(os.listdir("/proc/self/fd")) <= before

    asyncio.run(main())


def test_services_start_who_notifies_and_let_it_go(home: Path, tmp_path: Path) -> None:
    """The worker is there while the services are, tells what was recorded, and ends after them."""
    got = tmp_path / "got"
    (home / "settings.toml").write_text(f'[notify.x]\nkind = "command"\nargv = ["/bin/sh", "-c", "cat >> {got}"]\n')
    incident = Incident(
        id="inc-1.1", at=now(), incident="inc-1", version=1, state="open", severity="high", cause="scan:1", title="t",
        findings=[], detectors=[], techniques=[], calls=[], occurred_us=1, aware_us=1,
    )  # fmt: skip

    async def play() -> None:
        async with await Services.start(home) as services:
            assert services.notifier is not None
            await services.ledger.append([incident])

    asyncio.run(play())
    deadline = time.monotonic() + 30
    while not got.exists() or "inc-1.1" not in got.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_services_do_not_start_where_nobody_could_be_told(home: Path) -> None:
    (home / "settings.toml").write_text('[notify.x]\nkind = "pigeon"\n')
    with pytest.raises(InputInvalid, match="pigeon"):
        asyncio.run(Services.start(home))
