"""What a command answers after a person's word on an incident was recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vigiles.model.incident import Incident


def say(version: Incident, as_json: bool) -> None:
    """Print the version that was recorded: one line, or the record as JSON."""
    import msgspec

    from vigiles.render.text import safe
    from vigiles.render.words import moment

    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(version), indent=2))
        return
    until = f" until {moment(version.expires_us)}" if version.expires_us is not None else ""
    click.echo(
        f"{version.incident} is {version.state}{until}, by {safe(version.by or '', 40)}: {safe(version.note or '', 200)}"
    )
