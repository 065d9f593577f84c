"""``vigiles eval grid``: every attacker in every family under every set of safeguards, with the innocent beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigiles.cli.evaluation.options import REVIEWERS, Where, where, where_options
from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.evaluation.grid.plan import Plan


@click.command("grid", help="Play a whole grid: attackers x families x sets of safeguards x seeds.")
@click.option("--plan", type=click.Path(path_type=Path), help="A plan of your own, TOML or JSON.")
@click.option("--quick", is_flag=True, help="A grid of a minute instead of the whole one.")
@click.option("--seeds", type=click.IntRange(1, 100_000), help="Seeds of each cell; 50, or 3 with --quick.")
@click.option("--reviewer", default="attentive", show_default=True, help=f"Who answers: {', '.join(REVIEWERS)}, or 93/7.")
@click.option("--search", is_flag=True, help="Then search for the worst case under the full sets, as `eval search` does.")
@where_options
def command(plan: Path | None, quick: bool, seeds: int | None, reviewer: str, search: bool, **options: Any) -> int:
    """Parse options and run."""
    return run(plan, quick, seeds, reviewer, where(options), search=search)


def run(plan: Path | None, quick: bool, seeds: int | None, reviewer: str, asked: Where, *, search: bool = False) -> int:
    """Play the grid and print what it found; return 0, or 107 if a bar is missed."""
    from vigiles.cli.evaluation.hunting import hunt_for
    from vigiles.cli.evaluation.models import models_of
    from vigiles.cli.evaluation.running import play

    chosen = _plan(plan, quick, seeds, reviewer)

    def then(folder: Path) -> None:
        if search:
            hunt_for(chosen, folder, asked)

    return play(chosen, asked, models_of(chosen, asked), then)


def _plan(path: Path | None, quick: bool, seeds: int | None, reviewer: str) -> Plan:
    from vigiles.cli.evaluation.listing import there
    from vigiles.cli.evaluation.options import reviewer as reviewer_of
    from vigiles.evaluation.grid import read, shipped

    if path is not None:
        if quick or seeds is not None:
            raise InputInvalid("a plan says by itself how much is played", "leave --quick and --seeds out")
        plan = read.read(path)
        found = there()
        read.check(plan, found["families"], [agent["name"] for agent in found["agents"]], found["safeguards"])
        read.check_scripts(plan)
        return plan
    who = reviewer_of(reviewer)
    return shipped.quick(seeds or 3, who) if quick else shipped.full(seeds or 50, who)
