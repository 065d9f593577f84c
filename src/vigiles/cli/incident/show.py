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
    from vigiles.model.incident import Incident


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
    from vigiles.cli.incident import page
    from vigiles.cli.incident.choice import find
    from vigiles.incidents.campaigns import is_campaign
    from vigiles.incidents.timeline import build
    from vigiles.ledger.query import LedgerReader

    if options.as_json and options.html == page.STDOUT:
        raise InputInvalid("two reports cannot both go to standard output", "Name a file with --html.")
    with LedgerReader(options.home) as reader:
        index, incident = find(reader, options.incident)
        name, where = incident.incident, incident.coordinates
        if is_campaign(incident):
            if options.html is not None:
                raise InputInvalid(f"{name} is a campaign, and has no page", "Write the pages of its incidents.")
            return _campaign(index, incident, options.as_json)
        records = list(reader.records(run=where.run if where else None, episode=where.episode if where else None))
        timeline = build(records, name)
        shown = options.html is None or options.as_json
        standing = _standing(reader, timeline.index) if shown else None
        if options.html is not None:
            page.write(options.html, page.html_report(reader, records, timeline))
    if options.as_json:
        click.echo(json.dumps(_plain(timeline, standing), indent=2))
    elif options.html is not None:
        if options.html != page.STDOUT:
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


def _campaign(index: int, incident: Incident, as_json: bool) -> int:
    """Show a campaign: what it is, and the incidents that it is made of."""
    import msgspec

    from vigiles.render.text import safe
    from vigiles.render.words import count, moment

    if as_json:
        click.echo(json.dumps({"index": index, "campaign": msgspec.to_builtins(incident)}, indent=2))
        return 0
    word = f", by {safe(incident.by, 40)}: {safe(incident.note or '', 200)}" if incident.by else ""
    contained = "contained" if incident.contained else "NOT CONTAINED"
    lines = [
        f"Campaign {incident.incident}  {incident.severity.upper()}  {contained}",
        safe(incident.title, 400),
        f"  state      {incident.state}{word}",
        f"  about      {safe(incident.cause.partition(':')[2], 200)}",
        f"  occurred   {moment(incident.occurred_us)}",
        f"  aware      {moment(incident.aware_us)}",
        f"  detectors  {safe(', '.join(incident.detectors))}",
        f"  episodes   {count(len(incident.episodes), 'episode')}: {safe(', '.join(incident.episodes[:8]), 300)}",
        "",
        "Its incidents, oldest first:",
        *(f"  vigiles incident show {member}" for member in incident.members),
    ]
    click.echo("\n".join(lines))
    return 0


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
