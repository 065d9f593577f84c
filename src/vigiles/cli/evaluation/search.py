"""``vigiles eval search``: look for the scripted insider that does worst by the safeguards, and measure it again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from vigiles.cli.evaluation.options import REVIEWERS


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    scenarios: tuple[str, ...] = ()
    safeguards: tuple[str, ...] = ("all",)
    agents: tuple[str, ...] = ()
    candidates: int = 32
    rounds: int = 4
    seeds: int = 3
    fresh: int = 50
    seed: int = 1
    reviewer: str = "attentive"
    wide: int = 32
    out: Path | None = None
    home: Path | None = None


@click.command("search", help="Search for the insider that does worst by a set of safeguards.")
@click.option("--scenario", "scenarios", multiple=True, help="A family; repeat for more. All, if none is named.")
@click.option("--safeguards", multiple=True, default=("all",), show_default=True, help="A set; repeat for more.")
@click.option("--agent", "agents", multiple=True, help="An insider to begin with; all, if none is named.")
@click.option(
    "--candidates", type=click.IntRange(1, 10_000), default=32, show_default=True, help="Candidates of the first round."
)
@click.option("--rounds", type=click.IntRange(1, 12), default=4, show_default=True, help="Rounds; each doubles the seeds.")
@click.option("--seeds", type=click.IntRange(1, 1000), default=3, show_default=True, help="Seeds of the first round.")
@click.option(
    "--fresh", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Fresh seeds for the worst one."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The search's own seed.")
@click.option("--reviewer", default="attentive", show_default=True, help=f"Who answers: {', '.join(REVIEWERS)}, or 93/7.")
@click.option("--wide", type=click.IntRange(1, 4096), default=32, show_default=True, help="Episodes at once.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of results; one that is there goes on.")
@click.option("--home", type=click.Path(path_type=Path), envvar="VIGILES_HOME", help="Where the ledger lies.")
@click.option("--html", type=click.Path(path_type=Path), help="Write what was found as a page; - is standard output.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def command(html: Path | None, as_json: bool, **options: Any) -> int:
    """Parse options and run."""
    return run(Options(**options), html, as_json)


def run(options: Options, html: Path | None = None, as_json: bool = False) -> int:
    """Search and print what was found; return 0, or 107 if harm was done under `all` that the reviewer cannot explain."""
    from vigiles.cli.evaluation.hunting import hunt_in, show_found
    from vigiles.cli.evaluation.listing import there
    from vigiles.cli.evaluation.options import Where, html_file, reviewer
    from vigiles.cli.evaluation.running import new_folder
    from vigiles.evaluation.grid.setups import named
    from vigiles.evaluation.search.hunt import Effort
    from vigiles.evaluation.search.space import space
    from vigiles.model.errors import InputInvalid

    html_file(html)
    known = there()["families"]
    unknown = [name for name in options.scenarios if name not in known]
    if unknown:
        raise InputInvalid(f"no scenario family is called {unknown[0][:64]!r}", f"one of: {', '.join(known)}")
    effort = Effort(
        first=options.candidates, rounds=options.rounds, seeds=options.seeds, fresh=options.fresh, seed=options.seed
    )
    where = Where(home=options.home, wide=options.wide, html=html, json=as_json)
    setups = named(options.safeguards, reviewer(options.reviewer))
    whole = space(options.agents)
    folder = options.out or new_folder(options.home, "search")
    cases = hunt_in(folder, where, setups, options.scenarios or known, whole, effort)
    return show_found(folder, cases, where)
