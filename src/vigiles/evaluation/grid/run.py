"""Plays a course: many episodes at once, each written down as it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from vigiles.evaluation.grid.course import Course
from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import Job
from vigiles.evaluation.played import Played

#: Plays one job. An episode that goes wrong is a :class:`Played` with a fault; what it raises ends the whole run.
Play = Callable[[Job], Awaitable[Played]]


async def run(course: Course, play: Play, keep: Callable[[Line], None], wide: int) -> None:
    """Play what is left, ``wide`` episodes at once; ``keep`` gets each line, in the order in which they end.

    An error of ``play`` (the ledger cannot be written, a worker died) ends those under way, and is raised.
    """
    over = asyncio.Event()

    async def player() -> None:
        while True:
            job = course.next()
            if job is None:
                if not course.flying:
                    over.set()
                    return
                over.clear()
                await over.wait()
                continue
            line = Line(cell=job.cell, seed=job.seed, played=await play(job))
            keep(line)
            course.took(line)
            over.set()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, wide)):
                group.create_task(player())
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
