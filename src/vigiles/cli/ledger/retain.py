"""``vigiles ledger retain``: erase what the profiles say is kept no longer."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option


@dataclass(frozen=True)
class Options:
    """Without ``yes`` only the number is told."""

    home: Path
    yes: bool = False
    as_json: bool = False


def run(options: Options) -> int:
    """Count what is due by this machine's clock, and erase it with ``yes``. Raises what opening a ledger raises."""
    from vigiles.ledger.erasure import OPERATOR
    from vigiles.ledger.home import Home
    from vigiles.ledger.key import load_signer
    from vigiles.ledger.reader import Reader
    from vigiles.ledger.retention import REASON, due, erasures
    from vigiles.ledger.sync_client import SyncRecorderClient

    reader = Reader(Home(options.home).database)
    try:
        indices = due(reader, time.time_ns() // 1000)
    finally:
        reader.close()
    records: list[int] = []
    if options.yes and indices:
        key = load_signer(Home(options.home)).private
        with SyncRecorderClient(options.home) as client:
            records = [client.erase(record) for record in erasures(indices, REASON, OPERATOR, key)]
    if options.as_json:
        click.echo(json.dumps({"due": len(indices), "erasures": records}))
    else:
        bodies = "1 body is" if len(indices) == 1 else f"{len(indices)} bodies are"
        then = f"; erased, on record as {', '.join(map(str, records))}" if records else ""
        hint = "; nothing was erased, add --yes" if indices and not options.yes else ""
        click.echo(f"{bodies} past the time that their profile keeps them{then}{hint}")
    return 0


@click.command(name="retain", help="Erase bodies that their profile keeps no longer; only count them without --yes.")
@home_option
@click.option("--yes", is_flag=True, help="Sign as the operator, with the ledger's own key, and erase.")
@json_option
@click.pass_context
def command(context: click.Context, home: Path, yes: bool, as_json: bool) -> None:
    """Parse options and run."""
    context.exit(run(Options(home, yes, as_json)))
