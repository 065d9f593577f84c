"""``vigiles approvals list``: which acts wait for a person."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option


def run(home: Path, *, as_json: bool) -> int:
    """Print what waits, oldest first."""
    from vigiles.cli.approvals.view import plain
    from vigiles.runtime.approving.queue import waiting

    found = waiting(home)
    if as_json:
        click.echo(json.dumps([plain(one) for one in found], indent=2))
        return 0
    if not found:
        click.echo("nothing waits for approval")
        return 0
    from vigiles.cli import columns
    from vigiles.cli.approvals.view import what
    from vigiles.ledger.mint import now
    from vigiles.render.text import safe
    from vigiles.render.words import count, span

    now_us = now().wall_us
    rows = []
    for one in found:
        left = span(max(0, (one.held.expires_us or 0) - now_us))
        persons = f"{len(one.counted)} of {one.held.persons or 1}"
        rows.append(columns.Row((one.act.id, safe(one.act.principal, 30), persons, left), what(one.act, 200)))
    foot = f"{count(len(found), 'act')} waiting\nlook: vigiles approvals show ID"
    columns.show(columns.Row(("act", "asked by", "approved", "time left"), "what"), rows, foot)
    return 0


@click.command("list")
@home_option
@json_option
def command(home: Path, as_json: bool) -> int:
    """List the acts that wait for approval, in all running episodes of this home."""
    return run(home, as_json=as_json)
