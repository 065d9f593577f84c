"""Whose file changes are these? Inferred where one call was open, ambiguous where several were; never more."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.model.observation.files import FileChange

pytestmark = pytest.mark.cell


async def _sequential(workdir: Path, home: Path) -> tuple[list[int], list[FileChange]]:
    async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
        calls = [
            (await episode.call(["/bin/sh", "-c", command])).call
            for command in ("echo 1 > first", "echo 2 > second; rm old", "echo 3 >> first")
        ]
        return calls, [record for record in episode.records() if isinstance(record, FileChange)]


async def _overlapping(workdir: Path, home: Path) -> tuple[list[int], list[FileChange]]:
    async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
        outcomes = await asyncio.gather(
            *(episode.call(["/bin/sh", "-c", f"sleep 0.3; echo {n} > {n}; sleep 0.3"]) for n in range(2))
        )
        after = await episode.call(["/bin/sh", "-c", "echo later > later"])
        calls = [outcome.call for outcome in (*outcomes, after)]
        return calls, [record for record in episode.records() if isinstance(record, FileChange)]


async def _with_a_daemon(workdir: Path, home: Path) -> tuple[list[int], list[FileChange]]:
    async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
        later = "setsid sh -c 'sleep 0.5; echo d > daemon; sleep 1' >/dev/null 2>&1 &"
        daemon = await episode.call(["/bin/sh", "-c", later])
        other = await episode.call(["/bin/sh", "-c", "sleep 0.8; echo o > other"])
        return [daemon.call, other.call], [record for record in episode.records() if isinstance(record, FileChange)]


def test_one_call_after_the_other_is_inferred(workdir: Path, home: Path) -> None:
    (workdir / "old").write_text("old")
    calls, changes = asyncio.run(_sequential(workdir, home))
    seen = [(Path(c.path).name, c.change, c.attribution.grade, c.attribution.call) for c in changes]
    assert seen == [
        ("first", "created", "inferred", calls[0]),
        ("old", "deleted", "inferred", calls[1]),
        ("second", "created", "inferred", calls[1]),
        ("first", "modified", "inferred", calls[2]),
    ]
    assert all(c.coordinates is not None and c.coordinates.call == c.attribution.call for c in changes)


def test_calls_open_at_once_are_ambiguous(workdir: Path, home: Path) -> None:
    calls, changes = asyncio.run(_overlapping(workdir, home))
    shared = {Path(c.path).name: c.attribution for c in changes}
    for name in ("0", "1"):
        assert shared[name].grade == "ambiguous"
        assert shared[name].call is None
        assert set(calls[:2]) <= set(shared[name].candidates)
    assert (shared["later"].grade, shared["later"].call) == ("inferred", calls[2])


def test_a_daemon_makes_its_call_a_candidate(workdir: Path, home: Path) -> None:
    calls, changes = asyncio.run(_with_a_daemon(workdir, home))
    by_name = {Path(c.path).name: c.attribution for c in changes}
    assert set(by_name) == {"daemon", "other"}
    for attribution in by_name.values():
        assert attribution.grade == "ambiguous"
        assert attribution.candidates == sorted(calls)
