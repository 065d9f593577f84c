"""What must fail is tried before the first call, kept for the boot, and tried again while the episode runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from vigiles.model.cell import CellReady, ProbeResult
from vigiles.model.episode import EpisodeEnded
from vigiles.model.errors import ControlUnavailable
from vigiles.model.union import Recorded
from vigiles.runtime.beginning.opening import open_episode
from vigiles.runtime.watching import probing

pytestmark = pytest.mark.cell


async def _episode(home: Path, workdir: Path, profile: str = "no-network", seconds: float = 0.0) -> list[Recorded]:
    async with open_episode(profile=profile, workdir=workdir, home=home) as episode:
        await asyncio.sleep(seconds)
    return episode.records()


def _how(records: list[Recorded]) -> tuple[str, CellReady]:
    (ready,) = (record for record in records if isinstance(record, CellReady))
    return next(control.detail for control in ready.controls if control.name == "probe"), ready


def test_everything_is_tried_once_a_boot_for_each_kind_of_cell(home: Path, workdir: Path) -> None:
    first, ready = _how(asyncio.run(_episode(home, workdir)))
    again, same = _how(asyncio.run(_episode(home, workdir)))
    other, _ = _how(asyncio.run(_episode(home, workdir, "observe")))
    assert (first, again, other) == ("tried in this cell", "tried earlier in this boot", "tried in this cell")
    assert ready.probes == same.probes
    assert all(result.stopped for result in ready.probes)
    assert {"int 0x80", "x32"} <= {result.name.split(" (")[0] for result in ready.probes}


def test_a_damaged_memory_is_no_proof(home: Path, workdir: Path) -> None:
    asyncio.run(_episode(home, workdir))
    (kept,) = (home / "probed").iterdir()
    kept.write_text('[{"name": "mount", "sto')
    assert _how(asyncio.run(_episode(home, workdir)))[0] == "tried in this cell"


def test_a_disk_that_takes_nothing_stops_no_start(home: Path, workdir: Path) -> None:
    (home / "probed").write_text("no folder")
    assert _how(asyncio.run(_episode(home, workdir)))[0] == "tried in this cell"


def _a_breach(_: Any) -> list[ProbeResult]:
    return [ProbeResult(name="mount", stopped=True), ProbeResult(name="ptrace process 1", stopped=False, detail="it worked")]


def test_a_wall_that_does_not_stand_stops_the_start(home: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "read_report", _a_breach)
    with pytest.raises(ControlUnavailable, match="ptrace process 1") as error:
        asyncio.run(_episode(home, workdir))
    assert error.value.remedy
    assert not list((home / "probed").glob("*"))


def test_a_wall_that_goes_while_the_episode_runs_ends_it(home: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(_episode(home, workdir))
    monkeypatch.setattr(probing, "read_report", _a_breach)
    records = asyncio.run(_episode(home, workdir, seconds=2.5))
    assert [record.reason for record in records if isinstance(record, EpisodeEnded)] == ["probe_failed"]


def test_an_episode_whose_walls_stand_goes_on(home: Path, workdir: Path) -> None:
    records = asyncio.run(_episode(home, workdir, seconds=2.0))
    assert [record.reason for record in records if isinstance(record, EpisodeEnded)] == ["closed"]
    assert not [record for record in records if getattr(record, "attribution", None) and record.attribution.call == 0]
