"""What reached the work directory is on record: by whom, how much, which, and what did not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell.changes.held_files import Held
from vigiles.model.applied import FilesApplied
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded
from vigiles.runtime import ending
from vigiles.runtime.applying import record_of
from vigiles.runtime.episode import Episode

WHERE = Coordinates(run="run-1", episode="ep-1")


def digest(paths: list[str]) -> str:
    return hashlib.sha256("".join(f"{path}\0" for path in sorted(paths)).encode()).hexdigest()


def test_many_paths_are_folded_and_what_is_held_is_counted_by_reason() -> None:
    paths = [f"f{number:03}" for number in range(100)]
    held = [Held(path=path, change="created", kind="file", reason=reason) for path, reason in HELD]
    record = record_of(WHERE, "somebody", "review", applied=reversed(paths), held=held, discarded=4)
    assert (record.applied, record.paths, record.sha256) == (100, paths[:64], digest(paths))
    assert (record.held, record.held_reasons, record.discarded) == (3, {"failed": 1, "flagged": 2}, 4)
    assert (record.by, record.reason, record.coordinates) == ("somebody", "review", WHERE)


HELD: list[tuple[str, Any]] = [("a", "flagged"), ("b", "failed"), ("c", "flagged")]


def test_nothing_has_no_digest() -> None:
    record = record_of(WHERE, "vigiles", "episode_end", error="no such folder")
    assert (record.applied, record.sha256, record.error) == (0, None, "no such folder")


async def work(episode: Episode) -> Episode:
    script = "mkdir -p .git/hooks d; echo x > .git/hooks/pre-commit; echo y > d/file; echo z > top; chmod u+s top"
    await episode.call(["sh", "-c", script])
    return episode


def applied(episode: Episode) -> FilesApplied:
    """The one record, which stands before that of the end."""
    records = episode.records()
    (at,) = (n for n, record in enumerate(records) if isinstance(record, FilesApplied))
    (end,) = (n for n, record in enumerate(records) if isinstance(record, EpisodeEnded))
    assert at < end
    record = records[at]
    assert isinstance(record, FilesApplied)
    return record


@pytest.mark.cell
def test_what_an_episode_leaves_in_the_work_directory_is_on_record(inside: Any, workdir: Path) -> None:
    record = applied(inside(work, profile="coding-agent"))
    there = sorted(str(path.relative_to(workdir)) for path in workdir.rglob("*"))
    assert there == [".git", ".git/hooks", "d", "d/file", "top"]
    assert (record.by, record.reason, record.error) == ("vigiles", "episode_end", None)
    assert (record.applied, record.paths, record.sha256) == (5, there, digest(there))
    assert (record.held, record.held_reasons) == (1, {"flagged": 1})
    assert (record.stripped, record.discarded) == (1, 0)


@pytest.mark.cell
def test_what_is_discarded_is_counted(inside: Any, workdir: Path, make_profile: Callable[..., Path]) -> None:
    record = applied(inside(work, profile=str(make_profile('[files]\napply = "discard"\n'))))
    assert (record.applied, record.paths, record.discarded) == (0, [], 6)
    assert list(workdir.iterdir()) == []


@pytest.mark.cell
def test_a_failure_is_on_record(inside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is on fire")

    episodes = []

    async def body(episode: Episode) -> None:
        episodes.append(await work(episode))
        monkeypatch.setattr(ending, "apply", fail)

    with pytest.raises(OSError, match="on fire"):
        inside(body)
    record = applied(episodes[0])
    assert (record.applied, record.error) == (0, "the disk is on fire")
    assert episodes[0].cell is not None
    assert episodes[0].cell.dead


@pytest.mark.cell
def test_an_episode_that_changed_nothing_says_nothing(inside: Any) -> None:
    async def body(episode: Episode) -> Episode:
        await episode.call(["true"])
        return episode

    assert not [one for one in inside(body).records() if isinstance(one, FilesApplied)]
