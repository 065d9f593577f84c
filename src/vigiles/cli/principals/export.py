"""``vigiles principals export``: the register as a file, for another home."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option


def run(home: Path) -> int:
    """Print the register as JSON."""
    import msgspec

    from vigiles.runtime.approving.principals import listed, registered

    known = sorted(registered(home).values(), key=lambda one: one.name)
    click.echo(json.dumps({"principals": [msgspec.to_builtins(listed(one)) for one in known]}, indent=2))
    return 0


@click.command("export")
@home_option
@json_option
def command(home: Path, as_json: bool) -> int:
    """Print the register as JSON, with --json or without: names, attributes and public keys."""
    return run(home)
