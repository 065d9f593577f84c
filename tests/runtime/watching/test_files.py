"""Looks at the work directory: away from the event loop, one at a time, and bounded in what they record."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.model.observation.files import FileChange
from vigiles.model.observation.sensor import Gap
from vigiles.runtime.episode import Episode
from vigiles.runtime.watching.files import FOLD, fold
from vigiles.sensors.change import Change

MANY = 12_000
MAKE_MANY = f"""
import os
os.makedirs('.git/hooks')
os.mkdir('d')
for n in range({MANY}):
    os.close(os.open(f'd/{{n}}', os.O_CREAT | os.O_WRONLY))
open('zzz', 'w').close()
open('.git/hooks/pre-push', 'w').close()
"""


def files_of(episode: Episode) -> list[FileChange]:
    return [record for record in episode.records() if isinstance(record, FileChange)]


@pytest.mark.parametrize(
    ("paths", "flags", "kept"),
    [
        (["a", "b", "c"], {}, ["a", "b"]),
        (["a", "b", "y", "z"], {"z": ("git_hook",), "y": ("build",)}, ["y", "z"]),
        (["a", "b", "y", "z"], {"a": ("build",), "y": ("build",), "z": ("build", "shell_startup")}, ["a", "z"]),
        (["a", "b/.ssh/config"], {}, ["a", "b/.ssh/config"]),
        (["a", "b", ".d/x", "b/.ssh/config"], {}, [".d/x", "b/.ssh/config"]),
    ],
)
def test_what_others_obey_is_kept_first(paths: list[str], flags: dict[str, Any], kept: list[str]) -> None:
    changes = [Change(path=path, change="created", kind="file", flags=flags.get(path, ())) for path in paths]
    found, folded = fold(changes, 2)
    assert [change.path for change in found] == kept
    assert folded == len(paths) - len(kept)


@pytest.mark.cell
def test_a_flood_of_files_stalls_nobody_and_is_folded(
    inside: Any, python: list[str], make_profile: Callable[..., Path], workdir: Path
) -> None:
    async def body(episode: Episode) -> tuple[Episode, float]:
        lags = [0.0]

        async def beat() -> None:
            while True:
                asleep = time.monotonic()
                await asyncio.sleep(0.01)
                lags.append(time.monotonic() - asleep)

        beating = asyncio.create_task(beat())
        outcome = await episode.call([*python, MAKE_MANY])
        beating.cancel()
        assert outcome.exit_code == 0, outcome.stderr
        assert episode.services.ledger.lost == 0
        return episode, max(lags)

    episode, lag = inside(body, profile=make_profile('[files]\napply = "all"\n'))
    assert lag < 2, "the loop was held up by a look"
    by_look: list[int] = [0]
    folded = [record for record in episode.records() if isinstance(record, Gap) and record.what == "file changes folded"]
    for record in episode.records():
        if isinstance(record, FileChange):
            by_look[-1] += 1
        elif isinstance(record, Gap) and record in folded:
            by_look.append(0)
    assert folded
    assert max(by_look) <= FOLD
    told = {record.path for record in files_of(episode)}
    assert any(path.endswith("/.git/hooks/pre-push") for path in told), "a hook is told however many files stand before it"
    assert len(os.listdir(workdir / "d")) == MANY, "folding is for the records; all changes are applied"
    assert (workdir / ".git/hooks/pre-push").exists()


@pytest.mark.cell
def test_looks_asked_for_at_once_tell_each_change_once(inside: Any) -> None:
    async def body(episode: Episode) -> None:
        outcome = await episode.call(["sh", "-c", "for n in 1 2 3 4 5; do echo $n > $n; done; sleep 30 &"])
        await asyncio.gather(*(episode.watch.look_at_files(thorough=n % 2 == 0) for n in range(20)))
        told = files_of(episode)
        assert sorted(Path(record.path).name for record in told) == ["1", "2", "3", "4", "5"]
        assert {record.attribution.call for record in told} == {outcome.call}

    inside(body)


@pytest.mark.cell
def test_a_look_asked_for_during_another_sees_what_was_written_meanwhile(inside: Any) -> None:
    async def body(episode: Episode) -> None:
        await episode.call(["sh", "-c", "for n in $(seq 2000); do : > a$n; done"])
        slow = asyncio.create_task(episode.watch.look_at_files(thorough=True))
        await asyncio.sleep(0)
        outcome = await episode.call(["sh", "-c", "echo 1 > last"])
        (told,) = [record for record in files_of(episode) if record.path.endswith("/last")]
        assert told.attribution.call == outcome.call
        await slow

    inside(body)


@pytest.mark.cell
def test_a_call_that_begins_during_a_look_may_have_written_what_it_finds(inside: Any) -> None:
    async def body(episode: Episode) -> None:
        writing = await episode.call(["sh", "-c", "for n in $(seq 1000); do : > $n; done; exec sleep 30"], background=True)
        await asyncio.sleep(1)
        assert not files_of(episode)
        looking = asyncio.ensure_future(episode.watch.look_at_files())
        for _ in range(3):
            await asyncio.sleep(0)
        episode.watch.opened(77)
        await looking
        told = files_of(episode)
        assert len(told) == 1000
        assert {record.attribution.grade for record in told} == {"ambiguous"}
        assert told[0].attribution.candidates == [writing.call, 77]

    inside(body)


@pytest.mark.cell
def test_an_episode_may_end_in_the_middle_of_a_look(inside: Any) -> None:
    def folders() -> set[str]:
        found = set()
        for name in os.listdir("/proc/self/fd"):
            try:
                target = os.readlink(f"/proc/self/fd/{name}")
            except OSError:
                continue
            if target.startswith("/") and os.path.isdir(f"/proc/self/fd/{name}"):
                found.add(f"{name} {target}")
        return found

    before = folders()

    async def body(episode: Episode) -> Any:
        await episode.call(["sh", "-c", "for n in $(seq 3000); do : > $n; done"])
        looking = asyncio.create_task(episode.watch.look_at_files(thorough=True))
        await asyncio.sleep(0.005)
        episode.watch.close()
        assert episode.cell is not None
        episode.cell.kill()
        await looking
        await episode.watch.look_at_files()
        return episode

    inside(body)
    assert folders() <= before, "a folder stays open"
