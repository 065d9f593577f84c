"""``vigiles ledger show``: one record, its leaf, and the proof that it stands in the ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigiles.cli.shared_options import json_option, socket_option
from vigiles.ledger.home import Home, default_home
from vigiles.model.errors import LedgerInvalid

if TYPE_CHECKING:
    from vigiles.ledger.desk.messages import Shown

_NOT_HERE = {
    "erased": "erased: the leaf below still stands; see: vigiles ledger query --type erasure",
    "withheld": "withheld: you may read headers and commitments of this ledger, not bodies",
}


@dataclass(frozen=True)
class Options:
    """``which`` is an index or a record's id. ``socket``: ask there, not in ``home``; ``key``: a verifier key line, or a
    file of one, for the home's own.
    """

    home: Path
    which: str
    as_json: bool = False
    socket: Path | None = None
    key: str | None = None


def run(options: Options) -> int:
    """Print the record with its proof, checked.

    Raises :class:`NotFound`, :class:`LedgerInvalid`, :class:`InputInvalid` or, where nobody serves, :class:`ProcessLost`.
    """
    from vigiles.cli.ledger.verify import key_line
    from vigiles.ledger.desk.ask import ask_to_show, checked
    from vigiles.ledger.desk.showing import show
    from vigiles.ledger.key import load_verifier, parse_verifier
    from vigiles.ledger.query import LedgerReader

    verifier = None if options.key is None else parse_verifier(key_line(options.key))
    if options.socket is not None:
        shown = ask_to_show(options.socket, options.which)
    else:
        with LedgerReader(options.home, verifier) as reader:
            shown = show(reader, options.which)
            if shown.note is not None:
                verifier = verifier or load_verifier(Home(options.home))
    checkpoint = checked(shown, verifier)
    told = _plain(shown)
    if checkpoint is not None and shown.note is not None:
        told["proof"] = {
            "path": [node.hex() for node in shown.path],
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "checkpoint": shown.note.decode(),
            "signature": "holds" if verifier is not None else "not checked",
        }
    if options.as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        _print(told)
    return 0


def _plain(shown: Shown) -> dict[str, Any]:
    index = shown.header.index
    try:
        leaf = json.loads(shown.leaf)
        record = None if shown.body is None else json.loads(shown.body)
    except ValueError as error:
        raise LedgerInvalid(f"record {index} is damaged: {error}", "Run: vigiles ledger verify") from error
    told: dict[str, Any] = {"index": index, "body": shown.header.body, "record": record, "leaf": leaf, "proof": None}
    if shown.header.body == "withheld":
        import msgspec

        told["header"] = msgspec.to_builtins(shown.header)
    if shown.note is None:
        told["unproved"] = shown.unproved
    return told


def _print(shown: dict[str, Any]) -> None:
    from vigiles.render.text import safe
    from vigiles.render.words import count, moment

    click.echo(f"record {shown['index']}")
    if shown["record"] is None:
        click.echo(f"  {_NOT_HERE[shown['body']]}")
    for name, value in (shown.get("header") or {}).items():
        if name not in ("index", "body") and value is not None:
            click.echo(f"  {name:<14} {moment(value) if name == 'wall_us' else safe(str(value), 400)}")
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
    unsure = "" if proof["signature"] == "holds" else " (signature NOT checked: name the ledger's key with --key)"
    click.echo(f"signed checkpoint{unsure}")
    for line in proof["checkpoint"].splitlines():
        click.echo(f"  {safe(line)}")


@click.command(name="show", help="Show one record, by index or id, with its leaf and its checked proof.")
@click.argument("which", metavar="INDEX|ID")
@click.option("--home", type=click.Path(path_type=Path), help="The home directory (default: $VIGILES_HOME).")
@socket_option
@click.option("--key", help="The verifier key, or a file of it, kept elsewhere (default: the home's; with --socket none).")
@json_option
@click.pass_context
def command(
    context: click.Context, which: str, home: Path | None, socket: Path | None, key: str | None, as_json: bool
) -> None:
    """Parse options and run."""
    context.exit(run(Options(home or (default_home() if socket is None else Path()), which, as_json, socket, key)))
