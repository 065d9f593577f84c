"""The end of one call by its tag: those that were born while the others were killed are killed too."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from vigiles.ledger.mint import now
from vigiles.runtime.watching import processes
from vigiles.runtime.watching.processes import ProcessWatch
from vigiles.sensors.scan import Seen

_SEEN = Seen(
    pid=10, ppid=1, inner=2, started=0, call=None, state="S", comm="sh", exe="/bin/sh", argv=("sh",), own_us=0, waited_us=0,
    io_bytes=None,
)  # fmt: skip


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
    assert len(killed) == processes._KILL_ROUNDS


def test_who_only_forked_is_told_of_and_who_became_a_program_is_not_told_of_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notifier that is late by a tenth of a second is still waited for."""
    watch = ProcessWatch(SimpleNamespace(cell=None), SimpleNamespace(coordinates=lambda _: None))  # type: ignore[arg-type]
    found: list[Any] = []
    monkeypatch.setattr(watch, "_found", found.append)
    forked, became = (replace(_SEEN, pid=pid) for pid in (10, 11))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        watch._meet([forked, became])
        loop.call_later(0.1, watch._announced.add, became.pid, now().mono_us)
        await asyncio.sleep(processes._HEARD_S + 0.1)

    asyncio.run(main())
    assert [record.pid for record in found] == [forked.pid]
