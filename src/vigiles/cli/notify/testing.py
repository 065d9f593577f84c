"""``vigiles notify test``: send a harmless notice to a receiver now, and say whether it was taken."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.ledger.home import Home
from vigiles.model.errors import NotFound, ProcessLost


@dataclass(frozen=True)
class Options:
    """``name``: one receiver, or None for all."""

    home: Path
    name: str | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Send and say; return 0, or 106 if one did not take it. Raises :class:`InputInvalid`, :class:`NotFound`."""
    from vigiles.runtime.notify.delivery import try_out
    from vigiles.runtime.notify.settings import load_receivers

    home = Home(options.home)
    receivers = load_receivers(home)
    chosen = [name for name in receivers if options.name in (None, name)]
    if not chosen:
        known = ", ".join(receivers) or "nobody"
        raise NotFound(f"nobody is to be notified as {options.name or 'anything'}", f"In {home.settings}: {known}.")
    said = {name: try_out(home, receivers[name]) for name in chosen}
    if options.as_json:
        click.echo(json.dumps({name: {"taken": error is None, "error": error} for name, error in said.items()}, indent=2))
    else:
        from vigiles.render.text import safe

        for name, error in said.items():
            click.echo(f"{name}: taken" if error is None else f"{name}: NOT taken: {safe(error, 300)}")
    return 0 if all(error is None for error in said.values()) else ProcessLost.exit_code


@click.command("test")
@click.argument("name", required=False)
@home_option
@json_option
def command(name: str | None, home: Path, as_json: bool) -> int:
    """Send a harmless notice to receiver NAME (default: all), and say whether it was taken."""
    return run(Options(home=home, name=name, as_json=as_json))
