"""The end of one call by its tag: those that were born while the others were killed are killed too."""

from __future__ import annotations

import asyncio
import os
import signal
from types import SimpleNamespace
from typing import Any

import pytest

from vigiles.model.observation.process import ProcessStart
from vigiles.runtime import process_watch
from vigiles.runtime.episode import Episode
from vigiles.runtime.process_watch import ProcessWatch


def _watch(monkeypatch: pytest.MonkeyPatch, trees: list[dict[int, int]]) -> tuple[ProcessWatch, list[int]]:
    """A watch on a cell without groups that shows these trees (pid -> call), the last one for ever; and who is killed."""
    watch = ProcessWatch(SimpleNamespace(cell=None), None)  # type: ignore[arg-type]  # nothing else of them is asked for
    killed: list[int] = []

    def snapshot() -> list[Any]:
        tree = trees.pop(0) if len(trees) > 1 else trees[0]
        return [SimpleNamespace(pid=pid, call=call) for pid, call in tree.items()]

    def kill(pid: int, number: int) -> None:
        assert number == signal.SIGKILL
        killed.append(pid)
        if pid == 12:
            raise ProcessLookupError  # it had just ended by itself

    monkeypatch.setattr(watch, "snapshot", snapshot)
    monkeypatch.setattr(os, "kill", kill)
    return watch, killed


def test_who_is_born_meanwhile_is_killed_too_and_nobody_of_another_call(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, killed = _watch(monkeypatch, [{10: 1, 11: 2, 12: 1}, {10: 1, 11: 2, 13: 1}, {13: 1, 14: 1, 15: 2}, {14: 1}])
    watch.end_call(1)
    assert sorted(killed) == [10, 12, 13, 14]


def test_it_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, killed = _watch(monkeypatch, [{number: 1} for number in range(100, 1000)])
    watch.end_call(1)
    assert len(killed) == process_watch._KILL_ROUNDS


@pytest.mark.cell
def test_who_waits_to_become_a_program_is_told_of_once(inside: Any, python: list[str]) -> None:
    """A notifier that is late is still waited for: what it tells is the start of that process, a look's is not another."""

    async def body(episode: Episode) -> list[ProcessStart]:
        program = "import os, time\nfor _ in range(4): time.sleep(0.05); os.spawnv(os.P_WAIT, '/bin/true', ['true'])"
        call = asyncio.ensure_future(episode.call([*python, program]))
        assert episode.cell is not None
        notifier = episode.cell.made.notifier
        while not call.done():
            await asyncio.sleep(0.03)
            os.kill(notifier, signal.SIGSTOP)
            episode.watch.look()
            await asyncio.sleep(0.1)
            os.kill(notifier, signal.SIGCONT)
        await call
        return [record for record in episode.pipeline.records if isinstance(record, ProcessStart)]

    starts = inside(body)
    assert [start.via for start in starts] == ["launch", *["exec"] * 4]
