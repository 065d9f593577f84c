"""``vigiles cell close``: end a cell in order."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option


def run(home: Path, cell: str, *, as_json: bool) -> int:
    """Close it, wait for its end. Raises :class:`NotFound`, :class:`EpisodeOver` if it had ended, :class:`ProcessLost`."""
    import asyncio

    from vigiles.runtime.attending.cell_client import close

    asyncio.run(close(home, cell))
    if as_json:
        click.echo(json.dumps({"cell": cell, "closed": True}))
    return 0


@click.command("close", help="End the cell CELL in order: its calls end, its files are looked at and applied.")
@home_option
@json_option
@click.argument("cell")
def command(cell: str, home: Path, as_json: bool) -> int:
    """Parse, run."""
    return run(home, cell, as_json=as_json)
