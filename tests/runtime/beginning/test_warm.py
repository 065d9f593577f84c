"""Warm cells: as good as any other, used once, replaced, and gone with their supervisor."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.cell.messages import Adopt
from vigiles.kernel.processes import descendants
from vigiles.model.errors import ControlUnavailable
from vigiles.model.observation.base import Observation
from vigiles.model.observation.dns import DnsQuery
from vigiles.runtime.beginning.warm import Lodging
from vigiles.runtime.services import Services
from vigiles.runtime.tier_r import TierR
from vigiles.runtime.watching import probing
from vigiles.runtime.watching.denial_sensor import DenialSensor

pytestmark = pytest.mark.cell

LOOK_UP = "import socket\ntry: socket.getaddrinfo('far.example', 80)\nexcept OSError: pass"


def kept(services: Services) -> list[Lodging]:
    return [lodging for _, waiting in services.warm._kept for lodging in waiting]


def run(home: Path, work: Callable[[Services], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with await Services.start(home) as services:
            await work(services)

    asyncio.run(whole())


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)


def test_an_episode_takes_a_warm_cell_and_another_takes_its_place(home: Path, workdir: Path) -> None:
    async def work(services: Services) -> None:
        await services.keep_warm("coding-agent", 2)
        first, second = kept(services)
        (workdir / "old").write_text("old")
        async with open_episode(profile="coding-agent", workdir=workdir, services=services) as episode:
            assert episode.cell is first.cell
            await probing.attempt(episode, full=True)
            outcome = await episode.call(["sh", "-c", "cat old; pwd; echo new > made; rm old"])
            assert outcome.stdout.decode() == f"old{os.path.realpath(workdir)}\n"
            await episode.call(["python3", "-c", LOOK_UP])
        assert (workdir / "made").read_text() == "new\n"
        assert not (workdir / "old").exists()
        observed = [record for record in episode.records() if isinstance(record, Observation)]
        assert {(r.coordinates.run, r.coordinates.episode) for r in observed if r.coordinates} == {
            (episode.coordinates.run, episode.coordinates.episode)
        }
        assert {r.attribution.call for r in observed if isinstance(r, DnsQuery)} == {2}
        await until(lambda: len(kept(services)) == 2)
        assert kept(services)[0] is second
        assert kept(services)[1].cell is not first.cell

    run(home, work)


def test_two_at_once_see_their_own_work_only(home: Path, workdir: Path) -> None:
    async def one(services: Services, name: str) -> None:
        place = workdir / name
        place.mkdir()
        async with open_episode(profile="no-network", workdir=place, services=services) as episode:
            outcome = await episode.call(["sh", "-c", f"echo {name} > /tmp/mine; sleep 0.3; cat /tmp/mine; pwd; ls .."])
            assert outcome.stdout.decode() == f"{name}\n{os.path.realpath(place)}\n{name}\n"
            assert episode.coordinates.episode != ""

    async def work(services: Services) -> None:
        await services.keep_warm("no-network", 2)
        assert services.warm._filling is None
        await asyncio.gather(one(services, "a"), one(services, "b"))

    run(home, work)


def test_one_that_has_died_is_not_taken(home: Path, workdir: Path) -> None:
    async def work(services: Services) -> None:
        await services.keep_warm("no-network", 1)
        (lodging,) = kept(services)
        os.kill(lodging.cell.made.init, signal.SIGKILL)
        await until(lambda: not lodging.alive)
        async with open_episode(profile="no-network", workdir=workdir, services=services) as episode:
            assert episode.cell is not lodging.cell
            assert (await episode.call(["true"])).exit_code == 0

    run(home, work)


def test_one_of_another_kind_is_not_taken(home: Path, workdir: Path) -> None:
    async def work(services: Services) -> None:
        await services.keep_warm("no-network", 1, extra_read=["/etc/ssl"])
        (lodging,) = kept(services)
        async with open_episode(profile="no-network", workdir=workdir, services=services) as episode:
            assert episode.cell is not lodging.cell
        assert kept(services) == [lodging]

    run(home, work)


def test_one_adopted_twice_is_refused_and_ends_nobody_else_s_cell(home: Path, workdir: Path) -> None:
    async def work(services: Services) -> None:
        await services.keep_warm("no-network", 1)
        (lodging,) = kept(services)
        async with open_episode(profile="no-network", workdir=workdir, services=services) as episode:
            cell = episode.cell
            assert cell is not None
            assert cell is lodging.cell
            with pytest.raises(ControlUnavailable, match="no such prepared cell"):
                await services.launcher._order(Adopt(token=cell.made.token, spec=cell.spec))
            assert (await episode.call(["echo", "here"])).stdout == b"here\n"

    run(home, work)


@pytest.mark.asroot
@pytest.mark.parametrize("count", [0, 1], ids=["cold", "warm"])
def test_what_was_lent_comes_back_when_a_sensor_cannot_be_had(
    home: Path, workdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """A start that fails again and again must not use up uids, groups and cells."""
    if os.geteuid() != 0:
        pytest.skip("root is missing: tier R")
    place = tmp_path / "denying"
    place.mkdir()
    (place / "profile.toml").write_text('extends = "no-network"\nname = "denying"\n[files]\ndenials = true\n')

    def unavailable() -> DenialSensor:
        raise ControlUnavailable("Landlock denials", "nobody may", "drop them")

    async def work(services: Services) -> None:
        assert isinstance(services.tier_r, TierR), services.tier_r
        await services.keep_warm(place, count)
        monkeypatch.setattr(DenialSensor, "open", unavailable)
        for _ in range(3):
            with pytest.raises(ControlUnavailable, match="nobody may"):
                async with open_episode(profile=place, workdir=workdir, services=services):
                    pass
            await until(lambda: len(kept(services)) == count)
        tier_r = services.tier_r
        await until(lambda: len(tier_r.uids._taken) == count)
        groups = Path(tier_r.groups.supervisor.path)
        await until(lambda: len([one for one in groups.iterdir() if one.is_dir()]) == count)

    run(home, work)


def test_no_longer_wanted_ones_leave_nothing(home: Path) -> None:
    async def work(services: Services) -> None:
        await services.keep_warm("no-network", 1)  # by then the launcher has forked what it keeps
        (first,) = kept(services)
        await services.keep_warm("no-network", 0)
        await until(lambda: not os.path.exists(f"/proc/{first.cell.made.notifier}"))
        await until(lambda: not os.path.exists(f"/proc/{first.cell.made.init}"))
        before, descriptors = set(descendants(os.getpid())), len(os.listdir("/proc/self/fd"))
        await services.keep_warm("rl-rollout", 2)
        assert len(set(descendants(os.getpid())) - before) >= 4
        await services.keep_warm("rl-rollout", 0)
        await until(lambda: set(descendants(os.getpid())) <= before)
        await until(lambda: len(os.listdir("/proc/self/fd")) == descriptors)

    run(home, work)


def test_they_end_with_their_supervisor(home: Path) -> None:
    seen: list[int] = []

    async def work(services: Services) -> None:
        await services.keep_warm("no-network", 2)
        seen.extend(pid for lodging in kept(services) for pid in (lodging.cell.made.init, lodging.cell.made.notifier))

    run(home, work)
    assert len(seen) == 4
    assert [pid for pid in seen if os.path.exists(f"/proc/{pid}/exe")] == []
