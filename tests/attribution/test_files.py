"""Whose file changes are these? Inferred where one call was open, ambiguous where several were; never more."""

from __future__ import annotations

import asyncio
import os
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


async def _after_a_refusal(profile: Path, workdir: Path, home: Path) -> tuple[int, list[FileChange]]:
    async with open_episode(profile=profile, workdir=workdir, home=home) as episode:
        assert (await episode.call(["/bin/touch", "refused"])).verdict.decision == "deny"
        allowed = await episode.call(["/bin/sh", "-c", "echo 1 > first"])
        return allowed.call, [record for record in episode.records() if isinstance(record, FileChange)]


def test_a_call_that_was_refused_is_no_candidate(workdir: Path, home: Path, tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text('extends = "no-network"\nname = "mine"\n')
    rule = '@id("no") forbid (principal, action == Action::"process", resource) when { context.program == "touch" };'
    (tmp_path / "rules.cedar").write_text(rule)
    call, (change,) = asyncio.run(_after_a_refusal(tmp_path, workdir, home))
    assert (change.attribution.grade, change.attribution.call) == ("inferred", call)


async def _after_a_failed_start(workdir: Path, home: Path) -> tuple[int, list[FileChange]]:
    async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
        assert (await episode.call(["/bin/true"], cwd="/no/such/folder")).exit_code == 125
        after = await episode.call(["/bin/sh", "-c", "echo 1 > first"])
        return after.call, [record for record in episode.records() if isinstance(record, FileChange)]


def test_a_call_whose_start_failed_is_no_candidate(workdir: Path, home: Path) -> None:
    call, (change,) = asyncio.run(_after_a_failed_start(workdir, home))
    assert (change.attribution.grade, change.attribution.call) == ("inferred", call)


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


#: Only an overlay that root mounted lets a folder of the work directory be renamed; elsewhere `mv` copies and deletes.
RENAMED = "moved" if os.geteuid() == 0 else "created"
#: One call after the other in one episode: what it does -> what must be told of it, as (path, change, kind).
TABLE: list[tuple[str, list[tuple[str, str, str]]]] = [
    ("mv old renamed", [("old", "deleted", "file"), ("renamed", "moved", "file")]),
    ("chmod 700 mode", [("mode", "modified", "file")]),
    ("rm again; echo other > again", [("again", "modified", "file")]),
    ("rm same; printf same > same", []),
    ("touch mode; cat mode > /dev/null", []),
    ("mv dir moved", [("dir", "deleted", "directory"), ("moved", RENAMED, "directory"), ("moved/f", "created", "file")]),
    ("mv moved back", [
        ("back", RENAMED, "directory"), ("back/f", "moved", "file"), ("moved", "deleted", "directory"),
        ("moved/f", "deleted", "file"),
    ]),
    ("ln target hard", [("hard", "created", "file")]),
    ("echo both >> hard", [("hard", "modified", "file"), ("target", "modified", "file")]),
    ("ln -s /etc/hostname soft", [("soft", "created", "symlink")]),
    ("ln -sfn elsewhere soft", [("soft", "modified", "symlink")]),
    ("rm -r gone", [("gone", "deleted", "directory")]),
    ("mkfifo pipe", [("pipe", "created", "other")]),
    ("echo x > brief; rm brief", []),
]  # fmt: skip


async def _table(workdir: Path, home: Path) -> list[tuple[int, list[FileChange]]]:
    async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
        found = []
        for script, _ in TABLE:
            outcome = await episode.call(["/bin/sh", "-c", script])
            assert outcome.exit_code == 0, (script, outcome.stderr)
            found.append((outcome.call, episode.changes(outcome.call)))
        assert [change for _, changes in found for change in changes] == episode.changes(), "every change has its call"
        return found


def test_each_kind_of_change_is_told_with_its_call(workdir: Path, home: Path) -> None:
    for name in ("old", "mode", "again", "same", "target"):
        (workdir / name).write_text(name)
    for name in ("dir", "gone"):
        (workdir / name).mkdir()
        (workdir / name / "f").write_text(f"in {name}")
    found = asyncio.run(_table(workdir, home))
    told = [sorted((str(Path(c.path).relative_to(workdir)), c.change, c.kind) for c in changes) for _, changes in found]
    assert dict(zip([script for script, _ in TABLE], told, strict=True)) == {s: sorted(expected) for s, expected in TABLE}
    for call, changes in found:
        assert {(change.attribution.grade, change.attribution.call) for change in changes} <= {("inferred", call)}
    by_path = {Path(change.path).name: change for _, changes in found for change in changes}
    assert by_path["soft"].target == "elsewhere"
    assert by_path["hard"].sha256 == by_path["target"].sha256
    assert by_path["renamed"].moved_from == str(workdir / "old")


async def _a_daemon_alone(workdir: Path, home: Path) -> tuple[int, list[FileChange]]:
    async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
        later = "setsid sh -c 'sleep 0.4; echo d > daemon; sleep 0.4' >/dev/null 2>&1 &"
        outcome = await episode.call(["/bin/sh", "-c", later])
        assert outcome.result.background
        assert episode.changes() == []
        await asyncio.sleep(0.6)
        await episode.watch.look_at_files()
        return outcome.call, episode.changes()


def test_a_daemon_that_writes_after_its_call_returned_writes_for_that_call(workdir: Path, home: Path) -> None:
    call, (change,) = asyncio.run(_a_daemon_alone(workdir, home))
    assert (Path(change.path).name, change.attribution.grade, change.attribution.call) == ("daemon", "inferred", call)


async def _overlapping_moves(workdir: Path, home: Path) -> tuple[list[int], list[FileChange]]:
    async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
        both = ("sleep 0.3; mv one uno; sleep 0.3", "sleep 0.3; chmod 700 two; rm -r dir; sleep 0.3")
        outcomes = await asyncio.gather(*(episode.call(["/bin/sh", "-c", script]) for script in both))
        calls = [outcome.call for outcome in outcomes]
        assert episode.changes(calls[0]) == episode.changes(calls[1]) == episode.changes()
        return calls, episode.changes()


def test_whatever_overlapping_calls_do_has_both_for_candidates(workdir: Path, home: Path) -> None:
    for name in ("one", "two"):
        (workdir / name).write_text(f"content of {name}")
    (workdir / "dir").mkdir()
    calls, changes = asyncio.run(_overlapping_moves(workdir, home))
    assert {Path(change.path).name for change in changes} == {"one", "uno", "two", "dir"}
    assert {(c.attribution.grade, c.attribution.call, *c.attribution.candidates) for c in changes} == {
        ("ambiguous", None, *sorted(calls))
    }
