"""``vigiles ledger export``: the tree as C2SP tlog-tiles, for other people's tools."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.model.errors import LedgerInvalid, NotFound


@dataclass(frozen=True)
class Options:
    """``tiles`` is the folder to write; ``run`` limits the entries to the bundles with that run's records."""

    home: Path
    tiles: Path
    run: str | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Write and say what was written.

    Raises :class:`NotFound` (no checkpoint yet, no such run), :class:`LedgerInvalid`, :class:`InputInvalid`,
    :class:`LedgerUnwritable`.
    """
    from vigiles.ledger.checkpoint import open_checkpoint
    from vigiles.ledger.home import Home
    from vigiles.ledger.key import load_verifier
    from vigiles.ledger.note import NoteInvalid
    from vigiles.ledger.reader import Reader
    from vigiles.ledger.tile_writer import export
    from vigiles.render.words import count

    home = Home(options.home)
    verifier = load_verifier(home)
    reader = Reader(home.database)
    try:
        note = reader.newest_checkpoint()
        if note is None:
            raise NotFound("no checkpoint was signed yet", "Wait a second; the recorder signs by itself.")
        try:
            checkpoint = open_checkpoint(note, [verifier])
        except NoteInvalid as error:
            raise LedgerInvalid(f"the newest checkpoint does not hold: {error}", "Run: vigiles ledger verify") from error
        bundles = None if options.run is None else reader.bundles(options.run, checkpoint.size)
        done = export(options.tiles, checkpoint, note, lambda start: reader.leaves(checkpoint.size, start), bundles)
    finally:
        reader.close()
    if options.as_json:
        told = {"origin": checkpoint.origin, "size": done.size, "root": checkpoint.root.hex()}
        more = {"start": done.start, "written": done.written, "kept": done.kept, "key": str(verifier)}
        click.echo(json.dumps({**told, **more}, indent=2))
    else:
        click.echo(f"{count(done.size, 'record')} exported: {count(done.written, 'file')} written, {done.kept} were there")
        click.echo(f"  the key that verifies it: {verifier}")
    return 0


@click.command(name="export", help="Write the tree as C2SP tlog-tiles, or bring such a folder up to date. Bodies stay here.")
@home_option
@click.option("--tiles", type=click.Path(path_type=Path), required=True, help="The folder: new, or of an earlier export.")
@click.option("--run", "run_id", help="Only the bundles of entries with records of this run; all hashes all the same.")
@json_option
@click.pass_context
def command(context: click.Context, home: Path, tiles: Path, run_id: str | None, as_json: bool) -> None:
    """Parse options and run."""
    context.exit(run(Options(home, tiles, run_id, as_json)))
