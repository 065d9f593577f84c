"""Searches for a command, with a line of progress, and shows what was found where no grid is beside it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.cli.evaluation.options import Where

if TYPE_CHECKING:
    from vigiles.evaluation.grid.plan import Plan, SetupChoice
    from vigiles.evaluation.search.candidate import Space
    from vigiles.evaluation.search.hunt import Effort
    from vigiles.evaluation.search.worst import WorstCase

_DRAWN_S = 0.2


def hunt_in(
    folder: Path,
    where: Where,
    setups: Sequence[SetupChoice],
    families: Sequence[str],
    space: Space,
    effort: Effort,
) -> list[WorstCase]:
    """Search under each set in each family; return what was found, which the folder keeps. Ctrl-C keeps what was played."""
    import asyncio

    from vigiles.cli import failures
    from vigiles.runtime.evaluating.search import search

    try:
        with _progress(quiet=where.json) as told:
            return asyncio.run(search(folder, where.home, setups, families, space, effort, wide=where.wide or 32, told=told))
    except KeyboardInterrupt:
        failures.say(f"stopped; what was played is in {folder}", f"go on with the same command and --out {folder}")
        raise


def hunt_for(plan: Plan, folder: Path, where: Where) -> None:
    """Search under the sets of a plan that promise something, in its families, into the plan's own folder."""
    from vigiles.evaluation.search.hunt import Effort
    from vigiles.evaluation.search.space import space

    families = dict.fromkeys(condition.family for block in plan.blocks for condition in block.conditions)
    promising = [setup for setup in plan.setups if setup.name.partition(" ")[0] == "all"]
    hunt_in(folder, where, promising, list(families), space(()), Effort())


def show_found(folder: Path, cases: Sequence[WorstCase], where: Where) -> int:
    """Print what a search found; return 0, or 107 if harm was done under a full set that its reviewer cannot explain."""
    from vigiles.evaluation.report.bars import bars
    from vigiles.model.errors import DrillFailed

    if where.html is not None:
        from vigiles.cli.evaluation.running import made_by
        from vigiles.cli.incident.page import write
        from vigiles.evaluation.report.page import search_page

        write(where.html, search_page(cases, made_by()))
    if where.json:
        import json

        import msgspec

        click.echo(json.dumps({"folder": str(folder), "worst": msgspec.to_builtins(cases)}, separators=(",", ":")))
    elif where.html is None or str(where.html) != "-":
        from rich.console import Console

        from vigiles.evaluation.report.worst import render

        console = Console(highlight=False, markup=False)
        console.print(render(cases))
        console.print(f"\ntrials: {folder}", soft_wrap=True)
    return 0 if all(bar.met for bar in bars((), (), cases)) else DrillFailed.exit_code


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show on standard error, where somebody watches, which set and family is searched, and how much was played."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    watched = console.is_terminal and not quiet
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not watched) as bar:
        task = bar.add_task("searching", total=None)
        played, drawn = 0, 0.0

        def told(place: str) -> None:
            nonlocal played, drawn
            played += 1
            now = time.monotonic()
            if watched and now - drawn >= _DRAWN_S:
                drawn = now
                bar.update(task, description=f"searching under {place}: {played} episodes")

        yield told
