"""``vigiles incidents``: every incident and campaign as it is now, newest first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigiles.cli.shared_options import home_option, json_option

if TYPE_CHECKING:
    from vigiles.model.incident import Incident

STATES = ("open", "acknowledged", "suppressed", "closed")


@dataclass(frozen=True)
class Options:
    """``run`` and ``state`` are filters; None takes all. ``campaigns``: only those over several episodes."""

    home: Path
    run: str | None = None
    state: str | None = None
    as_json: bool = False
    campaigns: bool = False


def run(options: Options) -> int:
    """Print the incidents. A home without a ledger has none; raises :class:`LedgerInvalid` where records cannot be read."""
    found = _newest(options)
    if options.as_json:
        click.echo(json.dumps([_plain(one) for one in found], indent=2))
    else:
        _print(found, options.campaigns)
    return 0


@dataclass(frozen=True)
class Listed:
    """One incident and where its newest version lies. ``live``: an episode of it still runs, and nothing stopped it.

    ``state``: what it is now; a suppression that has run out is over. ``drill``: the drill that it was played in.
    """

    index: int
    incident: Incident
    state: str
    live: bool
    drill: str | None

    def shown(self) -> str:
        """Return the state as it is shown: ``over`` is what ended with its episode, without having been stopped before."""
        return self.state if self.incident.contained else f"{self.state}, {'LIVE' if self.live else 'over'}"


def _newest(options: Options) -> list[Listed]:
    from vigiles.cli.incident.choice import known_incidents
    from vigiles.drills.mark import drill_of
    from vigiles.incidents.life_cycle import present_state
    from vigiles.ledger.mint import now
    from vigiles.ledger.query import LedgerReader

    with LedgerReader(options.home) as reader:
        all_of_them = known_incidents(reader, options.run)
        single = all_of_them.incidents()
        newest = [*([] if options.campaigns else single.values()), *all_of_them.campaigns().values()]
        now_us = now().wall_us
        known = [(index, incident, present_state(incident, now_us)) for index, incident in newest]
        chosen = [one for one in known if options.state in (None, one[2])]
        members = {one.incident: [single[name][1] for name in one.members] for _, one, _ in chosen}
        loose = {
            (where.run, where.episode)
            for _, one, _ in chosen
            for part in (one, *members[one.incident])
            if not part.contained and (where := part.coordinates)
        }
        over = {(run, ep) for run, ep in loose if next(reader.records(type="episode_ended", run=run, episode=ep), None)}

    def live(incident: Incident) -> bool:
        if incident.contained:
            return False
        if incident.members:
            return any(map(live, members[incident.incident]))
        where = incident.coordinates
        return where is None or (where.run, where.episode) not in over

    found = [Listed(index, one, state, live(one), drill_of(one.coordinates)) for index, one, state in chosen]
    return sorted(found, key=lambda one: (one.incident.aware_us, one.index), reverse=True)


def _plain(one: Listed) -> dict[str, Any]:
    import msgspec

    fields: dict[str, Any] = msgspec.to_builtins(one.incident)
    return {
        "index": one.index,
        "state": one.state,
        "live": one.live,
        "drill": one.drill,
        "campaign": bool(one.incident.members),
        "incident": fields,
    }


def _print(found: list[Listed], campaigns: bool) -> None:
    from vigiles.cli import columns
    from vigiles.render.text import safe
    from vigiles.render.words import count, moment

    if not found:
        click.echo("no campaigns" if campaigns else "no incidents")
        return
    rows = []
    for one in found:
        incident = one.incident
        calls = ",".join(str(call) for call in incident.calls[:4]) or "-"
        cells = (incident.incident, incident.severity, one.shown(), moment(incident.aware_us)[5:19], calls)
        title = f"{'campaign ' if incident.members else ''}{safe(incident.title, 120)}"
        rows.append(columns.Row(cells, title if one.drill is None else f"[drill {safe(one.drill, 40)}] {title}"))
    single = [one for one in found if not one.incident.members or campaigns]
    live, over = sum(one.live for one in single), sum(not one.live and not one.incident.contained for one in single)
    notes = [f"{live} LIVE", *([f"{over} over, not contained before the episode ended"] if over else [])]
    many = len(found) - len(single)
    counted = count(len(single), "campaign" if campaigns else "incident")
    also = f" and {count(many, 'campaign')}" if many else ""
    foot = f"{counted}{also}, {', '.join(notes)}\nlook into one: vigiles incident show ID"
    columns.show(columns.Row(("incident", "severity", "state", "aware (UTC)", "call"), "what"), rows, foot)


@click.command("incidents")
@click.option("--run", "only_run", metavar="RUN", help="Only incidents of this run.")
@click.option("--state", type=click.Choice(STATES), help="Only incidents in this state.")
@click.option("--campaigns", is_flag=True, help="List only what several episodes have in common.")
@home_option
@json_option
def command(only_run: str | None, state: str | None, campaigns: bool, home: Path, as_json: bool) -> int:
    """List incidents, and campaigns of several episodes, newest first."""
    return run(Options(home=home, run=only_run, state=state, as_json=as_json, campaigns=campaigns))
