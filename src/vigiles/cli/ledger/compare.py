"""``vigiles ledger compare``: are these ledgers and checkpoints of one history? If not, here is the proof."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid, LedgerInvalid

if TYPE_CHECKING:
    from vigiles.ledger.fork import Comparison, Side
    from vigiles.ledger.note import Verifier


@dataclass(frozen=True)
class Options:
    """``sides``: homes, or files of checkpoints; ``key``: a verifier key line or a file; ``proof``: where to write it."""

    sides: tuple[Path, ...]
    key: str | None = None
    proof: Path | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Compare and print. Returns 0, or 104 where they contradict each other."""
    from vigiles.ledger.fork import compare
    from vigiles.ledger.note import NoteInvalid

    verifier = _key(options)
    try:
        found = compare([_side(path) for path in options.sides], verifier)
    except NoteInvalid as error:
        raise InputInvalid(
            f"a checkpoint is not of the log {verifier.name}: {error}",
            "Compare what one key has signed; name it with --key.",
        ) from error
    if found.fork is not None and options.proof is not None:
        try:
            options.proof.write_bytes(found.fork.encode())
        except OSError as error:
            raise InputInvalid(
                f"cannot write {options.proof}: {error.strerror}", "Name a file that you can write."
            ) from error
    _print(found, verifier, options)
    return LedgerInvalid.exit_code if found.fork is not None or found.unsigned_conflict else 0


def _side(path: Path) -> Side:
    from vigiles.ledger.fork import Side
    from vigiles.ledger.merkle import leaf_hash
    from vigiles.ledger.notes_file import read_notes
    from vigiles.ledger.reader import Reader

    if not path.is_dir():
        return Side(read_notes(path).whole)
    reader = Reader(Home(path).database)
    try:
        return Side(reader.checkpoints(), [leaf_hash(leaf) for leaf in reader.leaves(reader.size())])
    finally:
        reader.close()


def _key(options: Options) -> Verifier:
    from vigiles.cli.ledger.verify import key_line
    from vigiles.ledger.key import load_verifier
    from vigiles.ledger.note import NoteInvalid, Verifier

    if options.key is not None:
        try:
            return Verifier.parse(key_line(options.key))
        except NoteInvalid as error:
            raise InputInvalid(
                f"cannot use the verifier key: {error}", "Give the line in ledger.vkey with --key."
            ) from error
    for path in options.sides:
        if path.is_dir():
            return load_verifier(Home(path))
    raise InputInvalid("no verifier key", "Name a home among what is compared, or give the log's key with --key.")


def _print(found: Comparison, verifier: Verifier, options: Options) -> None:
    from vigiles.render.text import safe
    from vigiles.render.words import count

    fork = found.fork
    if options.as_json:
        told: dict[str, Any] = {
            "forked": fork is not None,
            "origin": verifier.name,
            "compared": found.compared,
            "not_compared": found.open,
            "unsigned_conflict": found.unsigned_conflict,
        }
        if fork is not None:
            told |= {"why": fork.why(), "proof": json.loads(fork.encode())}
        click.echo(json.dumps(told, indent=2))
        return
    if fork is not None:
        click.echo(f"FORKED: {safe(verifier.name)} has signed two histories: {fork.why()}")
        for note in (fork.first, fork.second):
            click.echo("".join(f"\n  {safe(line)}" for line in note.decode().splitlines() if line))
        if options.proof is None:
            click.echo("\nwrite the proof down, for others to check: --proof FILE")
        else:
            click.echo(
                f"\nproof written to {safe(str(options.proof))}; anyone checks it with: vigiles ledger check-fork FILE"
            )
        return
    if found.unsigned_conflict:
        click.echo(
            "NOT ONE HISTORY: records differ from what was signed, but no checkpoint covers them; nothing to prove it with"
        )
        return
    click.echo(f"ok: {count(found.compared, 'checkpoint')} of one history")
    for size in found.open:
        click.echo(f"  note: the checkpoint of {count(size, 'record')} was not compared: name a home that has these records")


@click.command(name="compare", help="Say whether homes and files of checkpoints are of one history; prove it if not.")
@click.argument("sides", nargs=-1, required=True, metavar="HOME|FILE...", type=click.Path(path_type=Path))
@click.option("--key", help="The log's verifier key, or a file of it (default: that of the first home named).")
@click.option("--proof", type=click.Path(path_type=Path), help="Write the proof of a fork to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, sides: tuple[Path, ...], key: str | None, proof: Path | None, as_json: bool) -> None:
    """Parse options and run."""
    context.exit(run(Options(sides, key, proof, as_json)))
