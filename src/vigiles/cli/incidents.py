"""``vigiles incidents``: every incident in its newest version, newest first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigiles.ledger.home import default_home

if TYPE_CHECKING:
    from vigiles.model.incident import Incident

STATES = ("open", "acknowledged", "suppressed", "closed")


@dataclass(frozen=True)
class Options:
    """``run`` and ``state`` are filters; None takes all."""

    home: Path
    run: str | None = None
    state: str | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Print the incidents. A home without a ledger has none; raises :class:`LedgerInvalid` where records cannot be read."""
    found = _newest(options)
    if options.as_json:
        click.echo(json.dumps([_plain(index, incident) for index, incident in found], indent=2))
    else:
        _print(found)
    return 0


def _newest(options: Options) -> list[tuple[int, Incident]]:
    from vigiles.incidents.life_cycle import present_state
    from vigiles.incidents.timeline import newest_incidents
    from vigiles.ledger.mint import now
    from vigiles.ledger.query import LedgerReader

    with LedgerReader(options.home) as reader:
        newest = newest_incidents(reader.records(type="incident", run=options.run))
    now_us = now().wall_us
    found = [
        (index, incident)
        for index, incident in newest.values()
        if options.state is None or present_state(incident, now_us) == options.state
    ]
    return sorted(found, key=lambda item: (item[1].aware_us, item[0]), reverse=True)


def _plain(index: int, incident: Incident) -> dict[str, Any]:
    import msgspec

    fields: dict[str, Any] = msgspec.to_builtins(incident)
    return {"index": index, "incident": fields}


def _print(found: list[tuple[int, Incident]]) -> None:
    from vigiles.cli import columns
    from vigiles.render.text import safe
    from vigiles.render.words import count, moment

    if not found:
        click.echo("no incidents")
        return
    rows = []
    for _, incident in found:
        state = incident.state if incident.contained else f"{incident.state}, LIVE"
        calls = ",".join(str(call) for call in incident.calls[:4]) or "-"
        cells = (incident.incident, incident.severity, state, moment(incident.aware_us)[5:19], calls)
        rows.append(columns.Row(cells, safe(incident.title, 120)))
    live = sum(not incident.contained for _, incident in found)
    foot = f"{count(len(found), 'incident')}, {live} not contained; look into one: vigiles incident show ID"
    columns.show(columns.Row(("incident", "severity", "state", "aware (UTC)", "call"), "what"), rows, foot)


@click.command("incidents")
@click.option("--run", "only_run", metavar="RUN", help="Only incidents of this run.")
@click.option("--state", type=click.Choice(STATES), help="Only incidents in this state.")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=default_home,
    show_default="$VIGILES_HOME",
    help="Where the ledger lies.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(only_run: str | None, state: str | None, home: Path, as_json: bool) -> int:
    """List incidents, newest first."""
    return run(Options(home=home, run=only_run, state=state, as_json=as_json))
