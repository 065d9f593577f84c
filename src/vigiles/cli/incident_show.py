"""``vigiles incident show``: one incident, from the flow back to the call, with what was done and the proof."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.model.errors import InputInvalid, NotFound

if TYPE_CHECKING:
    from vigiles.incidents.report import Standing
    from vigiles.incidents.timeline import Timeline
    from vigiles.ledger.query import LedgerReader

#: A name may be shortened to this many characters after ``inc-``, as long as only one incident begins so.
_SHORTEST = 4
#: Names the incident of which Vigiles became aware last.
_LAST = "last"


@dataclass(frozen=True)
class Options:
    """``incident`` is an incident's id, the id of one of its versions, an unambiguous beginning, or ``last``.

    ``html``: where to write the report as one HTML file instead of showing it; ``-`` is standard output.
    """

    home: Path
    incident: str
    as_json: bool = False
    html: Path | None = None


def run(options: Options) -> int:
    """Print or write the report.

    Raises :class:`NotFound`, :class:`InputInvalid` for an ambiguous name or an unusable file, :class:`LedgerInvalid`.
    """
    from vigiles.cli import incident_html
    from vigiles.incidents.timeline import build
    from vigiles.ledger.query import LedgerReader

    if options.as_json and options.html == incident_html.STDOUT:
        raise InputInvalid("two reports cannot both go to standard output", "Name a file with --html.")
    with LedgerReader(options.home) as reader:
        name, run_id, episode = _find(reader, options.incident)
        records = list(reader.records(run=run_id, episode=episode))
        timeline = build(records, name)
        shown = options.html is None or options.as_json
        standing = _standing(reader, timeline.index) if shown else None
        if options.html is not None:
            incident_html.write(options.html, incident_html.html_report(reader, records, timeline))
    if options.as_json:
        click.echo(json.dumps(_plain(timeline, standing), indent=2))
    elif options.html is not None:
        if options.html != incident_html.STDOUT:
            click.echo(f"{name} is written to {options.html}; it is checked with: vigiles incident verify {options.html}")
    else:
        from rich.console import Console
        from rich.text import Text

        from vigiles.drills.mark import drill_of
        from vigiles.incidents.report import report
        from vigiles.render.text import safe

        console = Console(highlight=False)
        if (drill := drill_of(timeline.where)) is not None:
            console.print(Text(f"played in drill {safe(drill, 40)}"))
        console.print(report(timeline, standing))
    return 0


def _find(reader: LedgerReader, asked: str) -> tuple[str, str | None, str | None]:
    """Return (incident, run, episode) of the one incident that ``asked`` names."""
    from vigiles.incidents.timeline import newest_incidents
    from vigiles.render.text import safe

    newest = newest_incidents(reader.records(type="incident"))
    if asked == _LAST and newest:
        asked = max(newest.values(), key=lambda one: (one[1].aware_us, one[0]))[1].incident
    wanted = asked.partition(".")[0]
    wanted = wanted if wanted.startswith("inc-") else f"inc-{wanted}"
    matches = [name for name in newest if name == wanted]
    if not matches and len(wanted) >= _SHORTEST + len("inc-"):
        matches = [name for name in newest if name.startswith(wanted)]
    if not matches:
        raise NotFound(f"there is no incident {safe(asked, 80)}", "List them: vigiles incidents")
    if len(matches) > 1:
        raise InputInvalid(f"{safe(asked, 80)} could be {', '.join(sorted(matches)[:5])}", "Give more of the id.")
    where = newest[matches[0]][1].coordinates
    return matches[0], where.run if where else None, where.episode if where else None


def _standing(reader: LedgerReader, index: int) -> Standing | None:
    from vigiles.incidents.report import Standing

    try:
        proof = reader.proof(index)
    except NotFound:
        return None
    return Standing(size=proof.checkpoint.size, root=proof.checkpoint.root.hex(), checked=True)


def _plain(timeline: Timeline, standing: Standing | None) -> dict[str, Any]:
    import msgspec

    from vigiles.drills.mark import drill_of
    from vigiles.incidents.advice import advice

    fields: dict[str, Any] = msgspec.to_builtins(timeline)
    steps = advice(timeline.incident, timeline.ended)
    return {**fields, "drill": drill_of(timeline.where), "next": steps, "proof": msgspec.to_builtins(standing)}


@click.command("show")
@click.argument("incident", metavar="ID")
@home_option
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write the report as one HTML file, with its proof, instead of showing it; - is standard output.",
)
@json_option
def command(incident: str, home: Path, html: Path | None, as_json: bool) -> int:
    """Show one incident, from the packet back to the call. ID may be a beginning of an id, or `last`."""
    return run(Options(home=home, incident=incident, as_json=as_json, html=html))
