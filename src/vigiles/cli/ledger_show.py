"""``vigiles ledger show``: one record, its leaf, and the proof that it stands in the ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from vigiles.cli.shared_options import json_option
from vigiles.ledger.home import default_home
from vigiles.model.errors import LedgerInvalid, NotFound


@dataclass(frozen=True)
class Options:
    """``which`` is an index or a record's id."""

    home: Path
    which: str
    as_json: bool = False


def run(options: Options) -> int:
    """Print the record with its proof, checked. Raises :class:`NotFound` or :class:`LedgerInvalid`."""
    from vigiles.ledger.leaf import commitment
    from vigiles.ledger.query import LedgerReader

    with LedgerReader(options.home) as reader:
        index = int(options.which) if _is_index(options.which) else reader.index_of(options.which)
        entry = reader.entry(index)
        try:
            leaf = json.loads(entry.leaf)
            record = None if entry.body is None else json.loads(entry.body)
        except ValueError as error:
            raise LedgerInvalid(f"record {index} is damaged: {error}", "Run: vigiles ledger verify") from error
        if entry.body is not None and commitment(entry.body, entry.secret or b"").hex() != leaf.get("commitment"):
            raise LedgerInvalid(f"the body of record {index} is not what its leaf commits to", "Run: vigiles ledger verify")
        shown: dict[str, Any] = {"index": index, "record": record, "leaf": leaf, "proof": None}
        try:
            proof = reader.proof(index)
        except NotFound as error:
            shown["unproved"] = str(error)
        else:
            shown["proof"] = {
                "path": [node.hex() for node in proof.path],
                "size": proof.checkpoint.size,
                "root": proof.checkpoint.root.hex(),
                "checkpoint": proof.note.decode(),
            }
    if options.as_json:
        click.echo(json.dumps(shown, indent=2))
    else:
        _print(shown)
    return 0


def _print(shown: dict[str, Any]) -> None:
    from vigiles.render.text import safe
    from vigiles.render.words import count

    click.echo(f"record {shown['index']}")
    if shown["record"] is None:
        click.echo("  erased: the leaf below still stands; see: vigiles ledger query --type erasure")
    for name, value in (shown["record"] or {}).items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        click.echo(f"  {safe(name):<14} {safe(text, 2000)}")
    click.echo("leaf")
    for name, value in shown["leaf"].items():
        click.echo(f"  {safe(name):<14} {count(len(value), 'digest') if name == '_sd' else safe(str(value))}")
    proof = shown["proof"]
    if proof is None:
        click.echo(f"not proved yet: {safe(shown['unproved'])}")
        return
    steps, records = count(len(proof["path"]), "step"), count(proof["size"], "record")
    click.echo(f"proof: holds; {steps} to the root of {records}")
    for node in proof["path"]:
        click.echo(f"  {node}")
    click.echo(f"  root {proof['root']}")
    click.echo("signed checkpoint")
    for line in proof["checkpoint"].splitlines():
        click.echo(f"  {safe(line)}")


def _is_index(which: str) -> bool:
    return which.isascii() and which.isdecimal() and len(which) <= 18


@click.command(name="show", help="Show one record, by index or id, with its leaf and its checked proof.")
@click.argument("which", metavar="INDEX|ID")
@click.option("--home", type=click.Path(path_type=Path), help="The home directory (default: $VIGILES_HOME).")
@json_option
@click.pass_context
def command(context: click.Context, which: str, home: Path | None, as_json: bool) -> None:
    """Parse options and run."""
    context.exit(run(Options(home or default_home(), which, as_json)))
