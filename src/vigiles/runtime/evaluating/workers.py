"""The processes that play a grid, from the side of the one that runs it: each job goes to the one with least to do."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

from vigiles.evaluation.grid.line import Line, decode
from vigiles.evaluation.grid.plan import Job
from vigiles.evaluation.played import Played
from vigiles.model.errors import ProcessLost

_MODULE = "vigiles.runtime.evaluating.worker"
#: The longest line of results, bytes.
_LONGEST = 64 << 20
_LAST_SECONDS = 10.0


class _Worker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.waiting: dict[Job, asyncio.Future[Played]] = {}
        #: Nobody listens any more: a job that is given to it now would wait for ever.
        self.over = False

    async def listen(self) -> None:
        """Hand results to those who wait for them, until the process ends; who then still waits is told that it did."""
        assert self.process.stdout is not None
        try:
            while data := await self.process.stdout.readline():
                line: Line = decode(data)
                future = self.waiting.pop(line.job)
                if not future.done():
                    future.set_result(line.played)
        finally:
            said = await self._said()
            lost = ProcessLost(
                f"a process that played episodes ended: {said}", "run the same command again: it goes on where it was"
            )
            self.over = True
            for future in self.waiting.values():
                if not future.done():
                    future.set_exception(lost)

    async def _said(self) -> str:
        if self.process.stderr is None:
            return "it said nothing"
        words = (await self.process.stderr.read()).decode("utf-8", "replace").strip()
        return words.splitlines()[-1] if words else "it said nothing"


class Workers:
    """Some processes. ``async with Workers(...)`` starts them and ends them; none outlives it."""

    def __init__(self, folder: Path, home: Path, run: str, count: int, keep_calls: bool = False) -> None:
        self._arguments = (str(folder), str(home), run, *(("keep",) if keep_calls else ()))
        self._count = count
        self._workers: list[_Worker] = []
        self._listening: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Workers:
        try:
            for _ in range(self._count):
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-P",
                    "-m",
                    _MODULE,
                    *self._arguments,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    limit=_LONGEST,
                )
                worker = _Worker(process)
                self._workers.append(worker)
                self._listening.append(asyncio.create_task(worker.listen()))
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    async def play(self, job: Job) -> Played:
        """Have one job played. Raises :class:`ProcessLost`."""
        worker = min(self._workers, key=lambda worker: len(worker.waiting))
        stdin = worker.process.stdin
        assert stdin is not None
        future: asyncio.Future[Played] = asyncio.get_running_loop().create_future()
        if worker.over or worker.process.returncode is not None or stdin.is_closing():
            raise ProcessLost("a process that played episodes ended", "run the same command again: it goes on where it was")
        worker.waiting[job] = future
        stdin.write(b"%d %d\n" % job)
        return await future

    async def _end(self) -> None:
        for worker in self._workers:
            if worker.process.stdin is not None:
                worker.process.stdin.close()
        for worker in self._workers:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_SECONDS if not worker.waiting else 0):
                    await worker.process.wait()
            if worker.process.returncode is None:
                worker.process.kill()
                await worker.process.wait()
        await asyncio.gather(*self._listening, return_exceptions=True)
