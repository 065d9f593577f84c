"""Tier R: what is lent for a cell, given back when its last process has gone, and why there may be none."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import open_episode
from vigiles.cell.groups import Groups, new_name
from vigiles.kernel.ebpf import programs
from vigiles.kernel.uids import Uids
from vigiles.model.cell import CellReady
from vigiles.model.episode import CallEnded
from vigiles.model.errors import ControlUnavailable
from vigiles.ruleset.profile import Budgets
from vigiles.runtime.services import Services
from vigiles.runtime.tier_r import TierR

pytestmark = [pytest.mark.cell, pytest.mark.asroot]


@pytest.fixture
def need_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("root is missing: tier R")


def test_an_ordinary_user_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ControlUnavailable, match="not root") as caught:
        TierR.open(new_name())
    assert caught.value.remedy


def no_groups(name: str) -> Groups:
    raise OSError(30, "Read-only file system", "/sys/fs/cgroup")


def no_uids(*_: Any) -> Uids:
    raise OSError(30, "Read-only file system", "/run/vigiles/uids")


@pytest.mark.usefixtures("need_root")
@pytest.mark.parametrize(
    ("where", "what", "control"),
    [(Groups, "open", "cgroup"), ("vigiles.runtime.tier_r.Uids", None, "uid per cell"), (programs, "BTF", "bpf")],
    ids=["groups", "uids", "bpf"],
)
def test_what_is_missing_is_named_and_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, where: Any, what: str | None, control: str
) -> None:
    name = new_name()
    if what is None:
        monkeypatch.setattr(where, no_uids)
    else:
        monkeypatch.setattr(where, what, no_groups if control == "cgroup" else Path("/nowhere"))
    with pytest.raises(ControlUnavailable) as caught:
        TierR.open(name)
    assert caught.value.control == control
    assert caught.value.remedy
    assert list(Path("/sys/fs/cgroup").glob(f"*/vigiles/{name}")) == []


@pytest.mark.usefixtures("need_root")
def test_two_cells_never_share_a_uid_and_get_it_back_when_one_is_gone() -> None:
    async def work() -> None:
        tier = TierR.open(new_name())
        try:
            one, other = tier.admit("ep-1", Budgets()), tier.admit("ep-2", Budgets())
            assert one[0] != other[0]
            tier.dismiss(*one)
            async with asyncio.timeout(10):
                while os.path.exists(one[1].cell.path):
                    await asyncio.sleep(0.02)
            assert tier.admit("ep-3", Budgets())[0] == one[0]
        finally:
            tier.close()

    asyncio.run(work())


async def _episode(home: Path, workdir: Path, **more: Any) -> list[Any]:
    async with open_episode(workdir=workdir, home=home, **more) as episode:
        await episode.call(["python3", "-c", "x = bytearray(40 << 20)"])
        await asyncio.sleep(0.3)
    return episode.records()


@pytest.mark.usefixtures("need_root")
def test_the_record_says_what_was_reached_and_what_a_call_took(home: Path, workdir: Path) -> None:
    records = asyncio.run(_episode(home, workdir, profile="no-network"))
    (ready,) = [record for record in records if isinstance(record, CellReady)]
    applied = {control.name for control in ready.controls if control.applied}
    assert ready.tier == "R"
    assert applied >= {"uid per cell", "cgroup per call", "nftables default drop", "BPF"}
    (ended,) = [record for record in records if isinstance(record, CallEnded)]
    assert ended.memory_peak is None or 40 << 20 < ended.memory_peak < 200 << 20
    assert ended.sent_bytes == 0


def test_tier_u_can_be_asked_for(home: Path, workdir: Path) -> None:
    records = asyncio.run(_episode(home, workdir, profile="no-network", tier="U"))
    (ready,) = [record for record in records if isinstance(record, CellReady)]
    assert ready.tier == "U"
    assert {control.name for control in ready.controls if not control.applied} >= {"uid per cell", "cgroup per call", "BPF"}
    assert all(control.detail for control in ready.controls if control.name == "uid per cell")


def bounded(folder: Path) -> Path:
    place = folder / "profile"
    place.mkdir()
    (place / "profile.toml").write_text(
        'extends = "no-network"\nname = "bounded"\n[budgets]\nmemory_bytes_cell = 268_435_456\n'
    )
    return place


BOMB = "x = []\nwhile True: x.append(bytearray(b'x') * (8 << 20))"


@pytest.mark.usefixtures("need_root")
def test_the_whole_memory_of_a_cell_is_bounded(home: Path, workdir: Path, short_folder: Callable[[str], Path]) -> None:
    async def work() -> None:
        async with await Services.start(home) as services:
            async with open_episode(profile=bounded(short_folder("p")), workdir=workdir, services=services) as episode:
                # Each below any limit of its own, together above the cell's.
                outcomes = await asyncio.gather(
                    *(episode.call(["python3", "-c", BOMB], timeout=60) for _ in range(3)), episode.call(["true"])
                )
                assert {outcome.signal for outcome in outcomes[:3]} == {9}
                assert (await episode.call(["echo", "still here"])).stdout == b"still here\n"

    asyncio.run(work())


def test_a_bound_that_only_tier_r_has_does_not_start_below(
    home: Path, workdir: Path, short_folder: Callable[[str], Path]
) -> None:
    with pytest.raises(ControlUnavailable) as caught:
        asyncio.run(_episode(home, workdir, profile=bounded(short_folder("p")), tier="U"))
    assert caught.value.remedy
