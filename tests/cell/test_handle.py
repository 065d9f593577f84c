"""The supervisor's end of a living cell, when its other end is slow, or what it says cannot be taken."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import open_episode
from vigiles.model.observation.process import ProcessStart

pytestmark = pytest.mark.cell


def test_a_stop_is_felt_also_behind_a_flood_of_signals(home: Path, workdir: Path) -> None:
    """An agent's shims may forward thousands of signals: an order to stop everything is not the one that is lost."""

    async def main() -> None:
        async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
            cell = episode.cell
            assert cell is not None
            busy = await episode.call(["sh", "-c", "trap : USR1; while :; do sleep 0.01; done"], background=True)
            await asyncio.sleep(0.3)
            os.kill(cell.made.init, signal.SIGSTOP)  # as slow as a process can be
            try:
                for _ in range(3000):
                    cell.signal(signal.SIGUSR1, busy.call)
                assert cell._to_init._waiting, "the socket is full"
                cell.signal(signal.SIGSTOP)
            finally:
                os.kill(cell.made.init, signal.SIGCONT)
            async with asyncio.timeout(10):
                while any(process.state not in "TtDZX" for process in episode.watch.snapshot()):
                    await asyncio.sleep(0.02)
            assert episode.watch.snapshot()

    asyncio.run(main())


def test_a_record_that_cannot_be_taken_costs_no_other_word_and_ends_the_episode(
    home: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        faults: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context.get("exception")))
        async with open_episode(profile="no-network", workdir=workdir, home=home) as episode:
            observe = episode.pipeline.observe

            def broken(record: Any) -> None:
                if isinstance(record, ProcessStart):
                    raise LookupError("a detector's fault")
                observe(record)

            monkeypatch.setattr(episode.pipeline, "observe", broken)
            outcome = await episode.call(["true"])
            assert outcome.allowed
            async with asyncio.timeout(10):
                while episode.ended_by is None:
                    await asyncio.sleep(0.02)
            assert episode.ended_by == "cell_died"
            assert episode.watch.unfinished() or episode.watch._over, "the call's tag came beside it, and was heard"
        assert [fault for fault in faults if isinstance(fault, LookupError)]

    asyncio.run(main())
