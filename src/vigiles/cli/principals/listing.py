"""``vigiles principals list``: who is registered."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option


def run(home: Path, *, as_json: bool) -> int:
    """Print the register."""
    import msgspec

    from vigiles.runtime.approving.principals import listed, registered

    known = sorted(registered(home).values(), key=lambda one: one.name)
    if as_json:
        click.echo(json.dumps([msgspec.to_builtins(listed(one)) for one in known], indent=2))
        return 0
    if not known:
        click.echo("nobody is registered; register somebody: vigiles principals add NAME --key FILE.pub")
        return 0
    from vigiles.cli import columns
    from vigiles.render.text import safe
    from vigiles.render.words import count

    rows = []
    for one in known:
        attributes = ", ".join(f"{safe(name, 40)}={safe(value, 80)}" for name, value in sorted(one.attributes.items()))
        rows.append(columns.Row((safe(one.name, 64), one.kind, "yes" if one.key else "no"), attributes or "-"))
    columns.show(columns.Row(("name", "kind", "key"), "attributes"), rows, count(len(known), "principal"))
    return 0


@click.command("list")
@home_option
@json_option
def command(home: Path, as_json: bool) -> int:
    """List who is registered."""
    return run(home, as_json=as_json)
