"""``vigiles principals key``: make a key for a person who is to approve acts."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vigiles.cli.shared_options import json_option


def run(path: Path, *, as_json: bool) -> int:
    """Make the key and say what to do with it. Raises :class:`InputInvalid`."""
    from vigiles.ledger.person_key import make_key
    from vigiles.render.text import safe

    public = make_key(path, path.name)
    if as_json:
        click.echo(json.dumps({"private": str(path), "public": f"{path}.pub", "key": public}))
    else:
        click.echo(f"{safe(str(path))} is the private key: it stays with you, and nobody else may read it")
        click.echo(f"register the public one: vigiles principals add NAME --key {safe(str(path))}.pub")
    return 0


@click.command("key")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def command(file: Path, as_json: bool) -> int:
    """Make a key: FILE, which stays with its person, and FILE.pub, which is registered."""
    return run(file, as_json=as_json)
