"""``vigiles baseline learn``: take runs for honest, so that what their episodes share is no finding of ``channels``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.model.errors import NotFound

if TYPE_CHECKING:
    from vigiles.ledger.query import LedgerReader


@dataclass(frozen=True)
class Options:
    """``runs`` are taken for honest; ``anew`` forgets what was learnt before."""

    home: Path
    runs: tuple[str, ...]
    anew: bool = False
    as_json: bool = False


def run(options: Options) -> int:
    """Learn and say what. Raises :class:`NotFound` for a run that is none, :class:`InputInvalid`, :class:`LedgerInvalid`,
    :class:`LedgerUnwritable`.
    """
    from vigiles.ledger.home import Home
    from vigiles.ledger.query import LedgerReader
    from vigiles.render.words import count
    from vigiles.runtime.detecting.baseline import Kept, joined, learn, load, save

    home = Home(options.home)
    kept = Kept() if options.anew else load(home)
    left = 0
    with LedgerReader(options.home) as reader:
        for name in dict.fromkeys(options.runs):
            if next(reader.records(type="episode_opened", run=name, limit=1), None) is None:
                raise NotFound(f"no episode of run {name!r}", "See: vigiles ledger query --type episode_opened")
            if name in kept.runs:
                continue
            doubtful = _doubtful(reader, name)
            left += len(doubtful)
            kept = Kept(baseline=joined(kept.baseline, learn(reader, name, doubtful)), runs=[*kept.runs, name])
    save(home, kept)
    known = kept.baseline
    told = {
        "runs": len(kept.runs),
        "episodes": known.episodes,
        "things": len(known.things),
        "shapes": len(known.shapes),
        "left_out": left,
    }
    if options.as_json:
        click.echo(json.dumps(told))
        return 0
    click.echo(
        f"learnt from {count(known.episodes, 'episode')} of {count(len(kept.runs), 'run')}: "
        f"{count(len(known.things), 'thing')}, {count(len(known.shapes), 'shape')}"
    )
    if left:
        click.echo(f"left out: {count(left, 'episode')} with an incident that nobody has closed")
    return 0


def _doubtful(reader: LedgerReader, run: str) -> list[str]:
    """Return the episodes with an incident that is not closed: what is learnt from them would not be found again."""
    from vigiles.cli.incident.choice import known_incidents

    found = (incident for _, incident in known_incidents(reader, run).incidents().values() if incident.state != "closed")
    return sorted({one.coordinates.episode for one in found if one.coordinates is not None})


@click.command("learn")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--anew", is_flag=True, help="Forget what was learnt before.")
@home_option
@json_option
def command(runs: tuple[str, ...], anew: bool, home: Path, as_json: bool) -> int:
    """Learn what episodes share that a person has found to be honest. `channels` then takes it for no note, in the next run
    and in `vigiles rescan`. An episode with an incident that is not closed is left out.
    """
    return run(Options(home, runs, anew, as_json))
