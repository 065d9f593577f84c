"""What Landlock refuses in a cell becomes observations of the call that tried, where a profile asks for it."""

from __future__ import annotations

import asyncio
import gc
import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.kernel import audit
from vigiles.model.errors import ControlUnavailable
from vigiles.model.observation.denial import Denied
from vigiles.model.observation.sensor import Gap
from vigiles.model.union import Recorded
from vigiles.ruleset.profile import Tier
from vigiles.runtime.services import Services

pytestmark = [pytest.mark.cell, pytest.mark.alone]


def profile(folder: Path) -> Path:
    place = folder / "profile"
    place.mkdir()
    (place / "profile.toml").write_text('extends = "no-network"\nname = "denials"\n[files]\ndenials = true\n')
    return place


async def _play(home: Path, workdir: Path, chosen: str | Path, tier: Tier | None = None) -> list[Recorded]:
    async with open_episode(profile=chosen, workdir=workdir, home=home, tier=tier) as episode:
        await episode.call(["sh", "-c", "cat /etc/hostname; mkdir allowed; true"])
        await episode.call(["sh", "-c", "touch /dev/forbidden; (setsid sh -c 'sleep 0.3; mkdir /dev/late' &); true"])
        await asyncio.sleep(1)
    return episode.records()


@pytest.mark.asroot
def test_a_refused_access_is_its_call_s(home: Path, workdir: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("root is missing: tier R")
    before = audit.status()
    records = asyncio.run(_play(home, workdir, profile(tmp_path)))
    after = audit.status()
    assert after.enabled == before.enabled
    if after.lost != before.lost:
        pytest.skip("the kernel dropped audit records of somebody meanwhile, which may have been these")
    denied = [record for record in records if isinstance(record, Denied)]
    assert {one.attribution.call for one in denied} == {2}
    assert {one.attribution.grade for one in denied} == {"exact"}
    assert all(not one.attribution.disagreement for one in denied)
    assert {one.path for one in denied} == {"/dev"}
    assert {blocker for one in denied for blocker in one.blockers} == {"fs.make_reg", "fs.make_dir"}


@pytest.mark.asroot
def test_nothing_is_asked_of_the_machine_without_the_setting(home: Path, workdir: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("root is missing: tier R")
    before = audit.status()
    records = asyncio.run(_play(home, workdir, "no-network"))
    assert audit.status().enabled == before.enabled
    assert not [record for record in records if isinstance(record, Denied)]


def test_a_profile_that_asks_for_it_does_not_start_below_tier_r(home: Path, workdir: Path, tmp_path: Path) -> None:
    with pytest.raises(ControlUnavailable) as caught:
        asyncio.run(_play(home, workdir, profile(tmp_path), tier="U"))
    assert caught.value.remedy


@pytest.mark.asroot
def test_an_episode_that_is_over_keeps_no_records_from_those_that_live(home: Path, workdir: Path, tmp_path: Path) -> None:
    """What a dead one could not take was lost to all that came after it, until memory was tidied."""
    if os.geteuid() != 0:
        pytest.skip("root is missing: tier R")
    chosen = profile(tmp_path)

    async def play() -> list[list[Recorded]]:
        raised: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context.get("exception")))
        gc.disable()
        told = []
        try:
            async with await Services.start(home) as services:
                for number in range(3):
                    async with open_episode(profile=chosen, workdir=workdir, services=services) as episode:
                        await episode.call(["touch", f"/dev/forbidden-{number}"])
                        await asyncio.sleep(0.6)
                    told.append(episode.records())
                    del episode
        finally:
            gc.enable()
        assert raised == []
        return told

    told = asyncio.run(play())
    assert [{one.path for one in records if isinstance(one, Denied)} for records in told] == [{"/dev"}] * 3


FLOOD = """
import os
from contextlib import AsyncExitStack
for number in range(4):
    if not os.fork():
        for _ in range(1500):
            try:
                os.open("/dev/forbidden", os.O_RDWR | os.O_CREAT)
            except OSError:
                pass
        os._exit(0)
for number in range(4):
    os.wait()
"""


@pytest.mark.asroot
def test_what_the_kernel_had_no_room_for_is_told_to_the_neighbour_too(home: Path, workdir: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("root is missing: tier R")
    chosen = profile(tmp_path)

    async def play() -> tuple[list[Recorded], list[Recorded]]:
        opened = AsyncExitStack()
        async with opened:
            services = await opened.enter_async_context(await Services.start(home))
            one, other = [
                await opened.enter_async_context(open_episode(profile=chosen, workdir=workdir, services=services))
                for _ in range(2)
            ]
            await one.call(["python3", "-ISc", FLOOD], timeout=60)
            await other.call(["touch", "/dev/forbidden"])
            await asyncio.sleep(1)
        return one.records(), other.records()

    before = audit.status().lost
    one, other = asyncio.run(play())
    if audit.status().lost == before:
        pytest.skip("this kernel had room for all of them")
    lost = [[gap.count for gap in each if isinstance(gap, Gap) and gap.what == "audit_lost"] for each in (one, other)]
    assert [len(counts) for counts in lost] == [1, 1]
