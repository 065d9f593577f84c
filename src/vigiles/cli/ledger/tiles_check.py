"""``vigiles ledger verify --tiles``: is this folder of C2SP tlog-tiles what its log signed?"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from vigiles.model.errors import InputInvalid, LedgerInvalid


@dataclass(frozen=True)
class Options:
    """``key`` is the verifier key line, ``origin`` the log's name where it is not the key's, ``elsewhere`` checkpoints."""

    tiles: Path
    key: str
    origin: str | None = None
    elsewhere: tuple[bytes, ...] = ()
    absent_bundles: bool = False
    as_json: bool = False


def run(options: Options) -> int:
    """Verify and print. Returns 0, or 104 with every problem listed."""
    from vigiles.ledger.tile_verify import verify_tiles
    from vigiles.ledger.verify import KeyInvalid
    from vigiles.render.text import safe
    from vigiles.render.words import count

    try:
        report = verify_tiles(
            options.tiles,
            options.key,
            origin=options.origin,
            elsewhere=options.elsewhere,
            absent_bundles=options.absent_bundles,
        )
    except KeyInvalid as error:
        raise InputInvalid(f"cannot use the verifier key: {error}", "Give the log's key line with --key.") from error
    if options.as_json:
        click.echo(json.dumps({"ok": report.ok, **asdict(report)}, indent=2))
    elif report.ok:
        click.echo(f"ok: {safe(report.origin, 160)} of {count(report.size, 'record')} is what was signed")
        click.echo(f"  entries {report.entries}, by hash alone {report.hashed}; tiles of hashes {report.tiles}")
        click.echo(f"  checkpoints {report.checkpoints}; root {report.root}")
    else:
        click.echo(f"NOT VALID: {count(len(report.problems), 'problem')} in {count(report.size, 'record')}")
        for problem in report.problems:
            where = "-" if problem.index is None else str(problem.index)
            click.echo(f"  {where:>8}  {safe(problem.what, 400)}")
    return 0 if report.ok else LedgerInvalid.exit_code
