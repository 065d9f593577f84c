"""Keeps a worker at its work for as long as its supervisor lives: one that died is started again."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from vigiles.model.errors import VigilesError
from vigiles.runtime.notify.worker import Worker, start

#: A worker is not started more often than this, seconds; and how long until the next try where one does not start.
AGAIN_S, LATER_S = 5.0, 30.0


class Keeper:
    """What a worker had not told, the next one tells: the ledger is the queue. Belongs to one event loop."""

    def __init__(self, path: Path, worker: Worker) -> None:
        self._path = path
        self._worker: Worker | None = worker
        self._began = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._watch(worker)

    def _watch(self, worker: Worker) -> None:
        # The kernel reports the other end's closing as an error of ours, whatever is waited for.
        self._loop.add_reader(worker.fileno(), self._gone, worker)

    def _gone(self, worker: Worker) -> None:
        self._loop.remove_reader(worker.fileno())
        worker.close()
        self._worker = None
        self._later(max(0.0, AGAIN_S - (time.monotonic() - self._began)))

    def _later(self, seconds: float) -> None:
        self._timer = self._loop.call_later(seconds, self._again)

    def _again(self) -> None:
        self._timer = None
        self._starting = self._loop.create_task(self._start())

    async def _start(self) -> None:
        self._began = time.monotonic()
        try:
            # Not cancelled half-way: a worker that nobody holds would never be told to leave.
            worker = await asyncio.to_thread(start, self._path)
        except VigilesError:
            self._later(LATER_S)  # settings that were made unusable meanwhile; vigiles notify status says why
            return
        finally:
            self._starting = None
        if worker is None:
            return  # nobody is to be told any more
        self._worker = worker
        self._watch(worker)

    async def close(self) -> None:
        """Let the worker tell what is left and end by itself; nobody waits for it."""
        if self._starting is not None:
            await self._starting
        if self._timer is not None:
            self._timer.cancel()
        if self._worker is not None:
            self._loop.remove_reader(self._worker.fileno())
            self._worker.close()
            self._worker = None
