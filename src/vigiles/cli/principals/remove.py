"""``vigiles principals remove``: from now on nothing that this principal signs counts."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option


def run(home: Path, name: str, *, as_json: bool) -> int:
    """Remove. Raises :class:`NotFound`, :class:`Refused`, :class:`LedgerUnwritable`."""
    from vigiles.render.text import safe
    from vigiles.runtime.approving.principals import remove

    gone = remove(home, name)
    click.echo(json.dumps({"removed": gone.name}) if as_json else f"{safe(gone.name, 64)} is registered no more")
    return 0


@click.command("remove")
@click.argument("name")
@home_option
@json_option
def command(name: str, home: Path, as_json: bool) -> int:
    """Remove a principal; what it signed before stays on record."""
    return run(home, name, as_json=as_json)
