"""The API without async, when the person at the keyboard interrupts it."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
import time
from pathlib import Path

import pytest

from vigiles.api import sync
from vigiles.api.sync import open_episode
from vigiles.kernel.processes import descendants
from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.errors import InputInvalid
from vigiles.runtime.beginning import opening

pytestmark = pytest.mark.cell


class _Interrupted(BaseException):
    """As KeyboardInterrupt, but pytest's to catch."""


def test_an_interrupted_opening_leaves_no_cell_and_no_thread(
    home: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interrupt comes to the caller's thread while the loop's thread is in the middle of opening."""
    real, threads = asyncio.run_coroutine_threadsafe, threading.active_count()

    class Future:
        def __init__(self, work: object, loop: asyncio.AbstractEventLoop) -> None:
            self._first = not made
            made.append(self)
            self._future = real(work, loop)  # type: ignore[arg-type]  # a coroutine

        def result(self) -> object:
            if self._first:
                deadline = time.monotonic() + 10
                while not set(descendants(os.getpid())) - before and time.monotonic() < deadline:
                    time.sleep(0.005)
                time.sleep(0.15)
                raise _Interrupted
            return self._future.result()

        def cancel(self) -> bool:
            return self._future.cancel()

    made: list[Future] = []
    before = set(descendants(os.getpid()))
    monkeypatch.setattr(sync.asyncio, "run_coroutine_threadsafe", Future)
    with pytest.raises(_Interrupted), open_episode(profile="no-network", workdir=workdir, home=home):
        pass
    deadline = time.monotonic() + 10
    while set(descendants(os.getpid())) - before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert set(descendants(os.getpid())) - before == set()
    assert threading.active_count() == threads
    with LedgerReader(home) as reader:
        records = [record for _, record in reader.records()]
    opened = [record for record in records if isinstance(record, EpisodeOpened)]
    assert len([record for record in records if isinstance(record, EpisodeEnded)]) == len(opened)


@pytest.mark.parametrize("word", ["services", "shim"])
def test_it_takes_the_same_words_as_the_other(home: Path, workdir: Path, word: str) -> None:
    """But for what is shared among episodes, and the shim, which belongs to `vigiles run`."""
    assert inspect.signature(open_episode) == inspect.signature(opening.open_episode)
    with pytest.raises(InputInvalid, match=word) as error:
        with open_episode(workdir=workdir, home=home, **{word: object()}):  # type: ignore[arg-type]  # whatever it is
            pass
    assert error.value.remedy
