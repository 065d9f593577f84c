"""How episodes end: why is recorded, everything inside dies, and nothing begins afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded
from vigiles.model.errors import ControlUnavailable, InputInvalid, ProcessLost
from vigiles.model.result import Result
from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell


def ends(records: Any) -> list[str]:
    return [record.reason for record in records if isinstance(record, EpisodeEnded)]


def test_an_episode_that_is_closed_says_so_once(inside: Any, shared_home: Path) -> None:
    async def body(episode: Episode) -> Episode:
        await episode.call(["true"])
        return episode

    episode = inside(body)
    assert ends(episode.records()) == ["closed"]
    assert episode.ended_by is None
    with LedgerReader(shared_home) as reader:
        assert ends(record for _, record in reader.records(episode=episode.coordinates.episode)) == ["closed"]


def test_what_a_call_left_behind_dies_with_the_episode(
    inside: Any, processes_with: Callable[[str], list[int]], wait_for: Callable[..., None]
) -> None:
    async def body(episode: Episode) -> Episode:
        outcome = await episode.call(["sh", "-c", "setsid sleep 62.25 & setsid sleep 62.25 & sleep 0.1"])
        assert outcome.result.background == 2
        assert len(processes_with("62.25")) == 2
        return episode

    episode = inside(body)
    wait_for(lambda: not processes_with("62.25"), 20)
    (ended,) = [record for record in episode.records() if isinstance(record, EpisodeEnded)]
    assert (ended.reason, ended.leftover) == ("closed", 2)


def test_a_person_stops_it_in_the_middle_of_a_call(inside: Any, processes_with: Callable[[str], list[int]]) -> None:
    async def body(episode: Episode) -> tuple[Any, Any, float, Episode]:
        running = asyncio.ensure_future(episode.call(["sh", "-c", "sleep 63.25"]))
        await asyncio.sleep(0.3)
        started = time.monotonic()
        await episode.end("stopped")
        outcome = await running
        took = time.monotonic() - started
        return outcome, await episode.call(["true"]), took, episode

    outcome, later, took, episode = inside(body)
    assert took < 2
    assert outcome.result.outcome == "killed"
    assert (later.verdict.decision, later.verdict.reason) == ("stop", "episode_ended")
    assert (later.allowed, later.result.outcome, later.feedback) == (False, "refused", "unscored")
    assert "has ended" in later.agent_text
    assert ends(episode.records()) == ["stopped"]
    assert episode.ended_by == "stopped"
    assert not processes_with("63.25")


def test_a_response_ends_it_and_says_so(inside: Any, incident_of: Callable[[Coordinates], Any]) -> None:
    async def body(episode: Episode) -> Episode:
        episode.strikes.plan(incident_of(episode.coordinates), ["end_episode"])
        await episode.strikes.idle()
        assert (await episode.act("tool_call", "search", {})).verdict.reason == "episode_ended"
        return episode

    episode = inside(body)
    assert ends(episode.records()) == ["response"]


@pytest.mark.parametrize("which", ["init", "notifier"])
def test_a_cell_that_loses_one_of_its_own_processes_ends(
    inside: Any, eventually: Any, which: str, processes_with: Callable[[str], list[int]]
) -> None:
    async def body(episode: Episode) -> Episode:
        assert episode.cell is not None
        running = asyncio.ensure_future(episode.call(["sleep", "64.25"]))
        await asyncio.sleep(0.3)
        os.kill(getattr(episode.cell.made, which), signal.SIGKILL)
        await eventually(lambda: ends(episode.records()))
        assert (await running).result.outcome == "killed"
        assert (await episode.call(["true"])).verdict.reason == "episode_ended"
        return episode

    episode = inside(body)
    assert ends(episode.records()) == ["cell_died"]
    assert not processes_with("64.25")


def test_a_tier_that_is_not_reached_is_not_downgraded(
    inside: Any, make_profile: Callable[..., Path], shared_home: Path
) -> None:
    with LedgerReader(shared_home) as reader:
        before = sum(1 for _ in reader.records())
    with pytest.raises(ControlUnavailable) as refusal:
        inside(None, profile=make_profile('tier = "V"\n'))
    assert refusal.value.control == "tier V"
    assert refusal.value.remedy
    with LedgerReader(shared_home) as reader:
        assert sum(1 for _ in reader.records()) == before


@pytest.mark.parametrize("folder", ["/", "/tmp", "/usr", "/no/such/folder", "/etc/passwd"])
def test_a_folder_that_is_no_project_is_refused(inside: Any, folder: str) -> None:
    with pytest.raises(InputInvalid) as refusal:
        inside(None, workdir=Path(folder))
    assert refusal.value.remedy


def test_a_control_that_fails_ends_the_episode_as_refused(
    inside: Any, make_profile: Callable[..., Path], shared_home: Path
) -> None:
    """A folder that is to be writable and is not there: the view cannot be built, so the start is refused."""
    profile = make_profile('[files]\nwrite = ["/no/such/place"]\n')
    with pytest.raises(ControlUnavailable) as refusal:
        inside(None, profile=profile, run="run-refused")
    assert (refusal.value.control, bool(refusal.value.remedy)) == ("mounts", True)
    with LedgerReader(shared_home) as reader:
        records = [record for _, record in reader.records(run="run-refused")]
    assert ends(records) == ["refused"]
    assert [type(record).__name__ for record in records] == ["RulesetInForce", "EpisodeOpened", "Preflight", "EpisodeEnded"]


def test_an_exception_in_the_block_ends_the_episode_and_is_raised(
    inside: Any, shared_home: Path, processes_with: Callable[[str], list[int]]
) -> None:
    async def body(episode: Episode) -> None:
        await episode.call(["sh", "-c", "setsid sleep 65.25 &"])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        inside(body, run="run-raises")
    assert not processes_with("65.25")
    with LedgerReader(shared_home) as reader:
        assert ends(record for _, record in reader.records(run="run-raises")) == ["closed"]


def test_a_call_that_is_cancelled_leaves_the_episode_usable(inside: Any, eventually: Any) -> None:
    async def body(episode: Episode) -> Episode:
        waiting = asyncio.ensure_future(episode.call(["sleep", "0.4"]))
        await asyncio.sleep(0.2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await episode.call(["true"])).exit_code == 0
        return episode

    records = inside(body).records()
    assert ends(records) == ["closed"]
    assert [record.outcome for record in records if isinstance(record, Result)].count("performed") >= 1


def test_the_launchers_death_ends_its_cells(
    inside: Any, eventually: Any, processes_with: Callable[[str], list[int]], wait_for: Callable[..., None]
) -> None:
    async def body(episode: Episode) -> None:
        running = asyncio.ensure_future(episode.call(["sleep", "66.25"]))
        await eventually(lambda: processes_with("66.25"))
        os.kill(episode.services.launcher._process.pid, signal.SIGKILL)
        await eventually(lambda: ends(episode.records()))
        assert (await running).result.outcome == "killed"

    try:
        inside(body)
    except ProcessLost:
        pass  # closing may tell that the launcher is gone
    wait_for(lambda: not processes_with("66.25"), 20)
