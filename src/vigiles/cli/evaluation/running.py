"""Plays a plan for a command: makes the folder, shows how far it is, prints what was found."""

from __future__ import annotations

import contextlib
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.cli.evaluation.options import Where

if TYPE_CHECKING:
    from vigiles.evaluation.grid.course import Course
    from vigiles.evaluation.grid.folder import Registered
    from vigiles.evaluation.grid.line import Line
    from vigiles.evaluation.grid.plan import Plan
    from vigiles.evaluation.grid.playing import Models
    from vigiles.evaluation.report.figures import Figures
    from vigiles.evaluation.search.worst import WorstCase

#: Least time between two drawings of the progress line, seconds.
_DRAWN_S = 0.2


def made_by() -> str:
    """Return which Vigiles plays."""
    from importlib.metadata import version

    return f"Vigiles {version('vigiles')}"


def new_folder(home: Path | None, name: str) -> Path:
    """Make and return a folder for the results of a plan that nobody named one for: under the home, by name and time.

    It is a new one: a run that began in the same second has its own. Raises :class:`InputInvalid` where none can be made.
    """
    from vigiles.ledger.durable import make_folders
    from vigiles.ledger.home import default_home
    from vigiles.model.errors import InputInvalid

    word = "".join(char if char.isalnum() and char.isascii() else "-" for char in name)[:40].strip("-") or "plan"
    there = (home or default_home()) / "evaluations"
    stem = f"{word}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    try:
        make_folders(there, 0o700)
        for number in itertools.count(1):
            path = there / (stem if number == 1 else f"{stem}-{number}")
            with contextlib.suppress(FileExistsError):
                path.mkdir(0o700)
                break
    except OSError as error:
        raise InputInvalid(f"cannot write under {there}: {error.strerror}", "name a folder with --out") from error
    return path


def play(plan: Plan, where: Where, models: Models | None = None, then: Callable[[Path], None] | None = None) -> int:
    """Play a plan to its end, print the figures, and return 0, or 107 if a bar is missed. Ctrl-C keeps what was played.

    ``then`` is called with the folder before anything is printed.
    """
    import asyncio

    from vigiles.cli import failures
    from vigiles.evaluation.grid.folder import open_folder
    from vigiles.ledger.mint import now
    from vigiles.render.words import count
    from vigiles.runtime.evaluating.grid import WIDE, play_folder

    path = where.out or new_folder(where.home, plan.name)
    with open_folder(path, plan, now().wall_us, made_by()) as folder:
        if folder.torn:
            failures.say(f"the last line in {path} was torn by a kill; that episode is played again")
        there = sum(not line.played.cut for line in folder.lines)
        if there:
            failures.say(f"{count(there, 'episode')} of {path} are there and not played again")
        cap = None if where.cost_cap is None else round(where.cost_cap * 1_000_000)
        try:
            with progress(quiet=where.json) as told:
                asyncio.run(
                    play_folder(
                        folder,
                        where.home,
                        processes=where.processes,
                        wide=where.wide or WIDE,
                        cost_cap_micro=cap,
                        models=models,
                        keep_calls=where.keep_calls,
                        told=told,
                    )
                )
        except KeyboardInterrupt:
            failures.say(f"stopped; what was played is in {path}", f"go on with the same command and --out {path}")
            raise
    if then is not None:
        then(path)
    return show(path, where)


def show(path: Path, where: Where) -> int:
    """Print the figures of a folder; return 0, or 107 if one of its bars is missed."""
    from vigiles.evaluation.grid.folder import read_folder
    from vigiles.evaluation.search.worst import kept
    from vigiles.model.errors import DrillFailed

    registered, lines, torn = read_folder(path)
    figures = gathered(registered, lines, torn, kept(path))
    if where.html is not None:
        from vigiles.cli.incident.page import write
        from vigiles.evaluation.report.page import page

        write(where.html, page(figures))
    if where.json:
        import json

        import msgspec

        click.echo(json.dumps({"folder": str(path), **msgspec.to_builtins(figures)}, separators=(",", ":")))
    elif where.html is None or str(where.html) != "-":
        from rich.console import Console

        from vigiles.evaluation.report.tables import render

        console = Console(highlight=False, markup=False)
        console.print(render(figures))
        console.print(f"\nresults: {path}", soft_wrap=True)
    return 0 if all(bar.met for bar in figures.bars) and not figures.missing else DrillFailed.exit_code


def gathered(registered: Registered, lines: list[Line], torn: bool, searched: list[WorstCase]) -> Figures:
    """Return the figures of results, harms classed as the oracle classes them."""
    from vigiles.evaluation.report.gather import gather
    from vigiles.world.oracle.predicates import harm_class

    return gather(registered, lines, torn, harm_class, searched)


@contextlib.contextmanager
def progress(quiet: bool) -> Iterator[Callable[[Course], None]]:
    """Show how far a course is on standard error, where somebody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(24), MofNCompleteColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    watched = console.is_terminal and not quiet
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=not watched) as bar:
        task = bar.add_task("episodes", total=None)
        drawn = 0.0

        def told(course: Course) -> None:
            nonlocal drawn
            now = time.monotonic()
            if watched and now - drawn >= _DRAWN_S:
                drawn = now
                cost = f", cost {course.spent_micro / 1_000_000:.2f}" if course.spent_micro else ""
                bar.update(task, completed=course.ended, total=course.total, description=f"episodes{cost}")

        yield told
        sys.stderr.flush()
