"""``vigiles principals show``: one principal, with the key in the forms in which people compare keys."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option


def run(home: Path, name: str, *, as_json: bool) -> int:
    """Print one principal. Raises :class:`NotFound`."""
    import msgspec

    from vigiles.ledger.person_key import line_of
    from vigiles.render.text import safe
    from vigiles.render.words import moment
    from vigiles.runtime.approving.principals import find, listed

    one = find(home, name)
    if as_json:
        click.echo(json.dumps({**msgspec.to_builtins(listed(one)), "registered_us": one.at.wall_us}, indent=2))
        return 0
    lines = [f"{safe(one.name, 64)}: {one.kind}, registered {moment(one.at.wall_us)}"]
    lines += [f"  {safe(key, 40)}: {safe(value)}" for key, value in sorted(one.attributes.items())]
    if one.key is None:
        lines.append("  no key: cannot grant or sign")
    else:
        lines += [f"  key: {one.key}", f"  as OpenSSH writes it: {line_of(bytes.fromhex(one.key))}"]
    click.echo("\n".join(lines))
    return 0


@click.command("show")
@click.argument("name")
@home_option
@json_option
def command(name: str, home: Path, as_json: bool) -> int:
    """Show one principal and its key."""
    return run(home, name, as_json=as_json)
