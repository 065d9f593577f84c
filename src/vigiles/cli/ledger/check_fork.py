"""``vigiles ledger check-fork``: does this file prove that a log was forked? Needs no ledger and no network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from vigiles.model.errors import InputInvalid


@dataclass(frozen=True)
class Options:
    """``proof``: the file; ``key``: the verifier key line of the log that is accused, or a file of it."""

    proof: Path
    key: str | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Check and print. Returns 0 if the fork is proved. Raises :class:`InputInvalid` if it is not."""
    from vigiles.cli.ledger.verify import key_line, read_file
    from vigiles.ledger.fork import check_fork
    from vigiles.ledger.note import NoteInvalid, Verifier
    from vigiles.render.text import safe

    verifier = None
    if options.key is not None:
        try:
            verifier = Verifier.parse(key_line(options.key))
        except NoteInvalid as error:
            raise InputInvalid(
                f"cannot use the verifier key: {error}", "Give the line in ledger.vkey with --key."
            ) from error
    fork = check_fork(read_file(options.proof), verifier)
    first, second = fork.checkpoints()
    if options.as_json:
        told = {"proved": True, "key": str(fork.verifier), "sizes": [first.size, second.size], "why": fork.why()}
        click.echo(json.dumps(told, indent=2))
        return 0
    click.echo(f"proved: {safe(fork.verifier.name)} has signed two histories: {fork.why()}")
    if verifier is None:
        click.echo(f"  note: by the key that the proof names; compare it with the log's: {safe(str(fork.verifier))}")
    return 0


@click.command(name="check-fork", help="Check a proof that one key has signed two histories.")
@click.argument("proof", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--key", help="The log's verifier key, or a file of it (default: the one the proof names).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, proof: Path, key: str | None, as_json: bool) -> None:
    """Parse options and run."""
    context.exit(run(Options(proof, key, as_json)))
