"""Wires a grid: the home's recorder, the run on record, processes where they pay, and the course that is played."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from vigiles.evaluation.chronicle import open_run
from vigiles.evaluation.grid.course import Course
from vigiles.evaluation.grid.folder import Folder, Registered
from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import text
from vigiles.evaluation.grid.playing import Models, Playing, rulesets
from vigiles.evaluation.grid.run import run as run_course
from vigiles.evaluation.purse import Purse
from vigiles.ledger.client import RecorderClient
from vigiles.ledger.home import Home, default_home
from vigiles.runtime.evaluating.workers import Workers

#: Episodes under way at once in one process: they share the recorder's commits.
WIDE = 32
Told = Callable[[Course], None]


async def play_folder(
    folder: Folder,
    home: Path | None = None,
    *,
    processes: int = 1,
    wide: int = WIDE,
    cost_cap_micro: int | None = None,
    models: Models | None = None,
    keep_calls: bool = False,
    told: Told = lambda course: None,
) -> Course:
    """Play what is left of a folder's plan and return how far it got. ``told`` hears of every episode that is over.
    ``keep_calls``: the folder holds every call too, not the ledger alone.

    The plan goes on record before the first episode, so that the ledger proves when it was made. Models are played in this
    process alone, for they wait for others and cost no processor. Raises ``LedgerUnwritable``, ``ProcessLost``.
    """
    where = (home or default_home()).absolute()
    Home(where).prepare()
    course = Course(folder.registered.plan, folder.lines, cost_cap_micro)
    told(course)

    def keep(line: Line) -> None:
        folder.add(line)
        asyncio.get_running_loop().call_soon(told, course)

    client = await RecorderClient.connect(where)
    try:
        run = await open_run(client, [on_record(folder.registered), *rulesets(folder.registered.plan, models)])
        if processes > 1 and models is None:
            async with Workers(folder.path, where, run, processes, keep_calls) as workers:
                await run_course(course, workers.play, keep, wide * processes)
        else:
            # Whoever asks models plays in this one process, so that all episodes of a run share one purse.
            purse = None if course.cap_micro is None else Purse(course.cap_micro, course.spent_micro)
            playing = Playing(folder.registered.plan, client, run, models, keep_calls, purse)
            await run_course(course, playing.play, keep, wide)
    finally:
        await client.close()
    told(course)
    return course


def on_record(registered: Registered) -> str:
    """Return what the ledger holds of a pre-registration: its digest, and the plan as the digest was taken of it."""
    return f"plan {registered.digest}\n{text(registered.plan).decode()}"
