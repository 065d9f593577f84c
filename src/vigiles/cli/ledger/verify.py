"""``vigiles ledger verify``: is this ledger what was signed?"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.cli.shared_options import json_option
from vigiles.ledger.home import Home, default_home
from vigiles.model.errors import InputInvalid, LedgerInvalid

if TYPE_CHECKING:
    from vigiles.ledger.verify import Report
    from vigiles.ruleset.compile import Ruleset
    from vigiles.ruleset.granted import Findings


@dataclass(frozen=True)
class Options:
    """``checkpoints``: files kept elsewhere, of one note or many; ``key``: a verifier key line or a file of one;
    ``witnesses``: likewise, of witnesses that must have cosigned; ``save``: where to copy to.
    """

    home: Path
    checkpoints: tuple[Path, ...] = ()
    key: str | None = None
    save: Path | None = None
    as_json: bool = False
    witnesses: tuple[str, ...] = ()


def run(options: Options) -> int:
    """Verify and print. Returns 0, or 104 with every problem listed."""
    from vigiles.ledger.notes_file import read_notes
    from vigiles.ledger.reader import Reader
    from vigiles.ledger.verify import KeyInvalid, Problem, Report, verify
    from vigiles.ruleset.granted import KINDS, GrantsAudit

    kept = [read_notes(path) for path in options.checkpoints]
    elsewhere = [note for notes in kept for note in notes.whole]
    key, witnesses = _key(options), [key_line(given) for given in options.witnesses]
    if witnesses:
        elsewhere += _cosigned_here(Home(options.home))
    reader = Reader(Home(options.home).database)
    grants: Findings | None = None
    try:
        newest = reader.newest_checkpoint()
        structure = reader.structure()
        with _Bar(reader, options.as_json) as bar:
            report = verify(
                reader.entries(),
                reader.checkpoints(),
                key,
                elsewhere=elsewhere,
                witnesses=witnesses,
                progress=bar.verified,
            )
            # Only what was signed is worth a look at what was granted; it is shown as the index is checked.
            audit = GrantsAudit(reader, _ruleset_of) if report.ok else None
            report.problems += reader.damage(bar.indexed, structure, None if audit is None else audit.see, KINDS)
            if audit is not None and report.ok:
                grants = audit.finish()
                report.problems += [Problem(index, what) for index, what in grants.problems]
    except KeyInvalid as error:
        raise InputInvalid(f"cannot use the verifier key: {error}", "Give the line in ledger.vkey with --key.") from error
    except LedgerInvalid as error:
        newest = None
        report = Report(problems=[Problem(None, str(error))])
    finally:
        reader.close()
    if report.ok and options.save is not None and newest is not None:
        _write(options.save, newest)
    _print(report, grants, options, sum(notes.torn for notes in kept))
    return 0 if report.ok else LedgerInvalid.exit_code


def _print(report: Report, grants: Findings | None, options: Options, torn: int) -> None:
    from vigiles.render.text import safe
    from vigiles.render.words import count

    if options.as_json:
        counted = None if grants is None else {name: number for name, number in asdict(grants).items() if name != "problems"}
        click.echo(json.dumps({"ok": report.ok, **asdict(report), "grants": counted}, indent=2))
        return
    if report.ok:
        click.echo(f"ok: {count(report.size, 'record')} {_are(report.size)} what was signed")
        click.echo(
            f"  checkpoints {report.checkpoints}, covering {count(report.signed, 'record')}; bodies erased {report.erased}"
        )
        click.echo(f"  root {report.root}")
        _print_grants(grants)
        for witness, size in report.witnessed.items():
            click.echo(f"  cosigned by {safe(witness)}: {count(size, 'record')}")
        if torn:
            click.echo(f"  note: {count(torn, 'piece')} of the files given {_are(torn)} no whole checkpoint, passed over")
        if report.unsigned:
            last = "the last record is" if report.unsigned == 1 else f"the last {report.unsigned} records are"
            click.echo(f"  note: {last} not covered by a checkpoint yet")
        if not options.checkpoints:
            click.echo("  note: a tail cut off with its checkpoints shows only against one kept elsewhere (--checkpoint)")
        return
    click.echo(f"NOT VALID: {count(len(report.problems), 'problem')} in {count(report.size, 'record')}")
    for problem in report.problems:
        where = "-" if problem.index is None else str(problem.index)
        click.echo(f"  {where:>8}  {safe(problem.what, 400)}")
    _print_grants(grants)
    if options.checkpoints and any(" elsewhere" in problem.what for problem in report.problems):
        click.echo("  to prove that two histories were signed: vigiles ledger compare HOME CHECKPOINT... --proof FILE")


def _ruleset_of(text: str) -> Ruleset:
    """Return the ruleset of a text. Few ledgers hold one that matters here, so the judge is not loaded before."""
    from vigiles.ruleset.load import ruleset_of

    return ruleset_of(text)


def _print_grants(grants: Findings | None) -> None:
    """Say in one line what became of the grants on record; nothing where there are none, or they were not looked at."""
    from vigiles.render.words import count

    if grants is None or not any(asdict(grants).values()):
        return
    parts = [f"{grants.checked} checked", f"{count(grants.acts, 'act')} granted by them"]
    if grants.turned_away:
        parts.append(f"{grants.turned_away} that did not hold, turned away then")
    if grants.erased or grants.unknown:
        parts.append(f"{grants.erased} erased and {grants.unknown} that cannot be checked for what was erased")
    if grants.erasures:
        parts.append(f"{count(grants.erasures, 'erasure')} by a grant")
    if grants.problems:
        parts.append(count(len(grants.problems), "problem"))
    click.echo(f"  grants: {', '.join(parts)}")


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


class _Bar:
    """A progress bar on standard error, if somebody is looking."""

    def __init__(self, reader: object, quiet: bool) -> None:
        import sys

        from vigiles.ledger.reader import Reader

        assert isinstance(reader, Reader)
        self._total = reader.size()
        self._progress = None
        if not quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)

    def __enter__(self) -> _Bar:
        if self._progress is not None:
            self._progress.start()
            self._verify = self._progress.add_task("records", total=self._total)
            self._index = self._progress.add_task("index", total=self._total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def verified(self, done: int) -> None:
        if self._progress is not None:
            self._progress.update(self._verify, completed=done)

    def indexed(self, done: int) -> None:
        if self._progress is not None:
            self._progress.update(self._index, completed=done)


def _key(options: Options) -> str:
    from vigiles.ledger.key import load_verifier

    return str(load_verifier(Home(options.home))) if options.key is None else key_line(options.key)


def key_line(given: str) -> str:
    """Return a verifier key: ``given`` itself, or what is in the file that it names. Raises :class:`InputInvalid`."""
    path = Path(given)
    return read_file(path).decode("utf-8", "replace") if "+" not in given or path.exists() else given


def read_file(path: Path) -> bytes:
    """Return a file's content. Raises :class:`InputInvalid`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputInvalid(f"cannot read {path}: {error.strerror}", "Name a file that is there and readable.") from error


def _cosigned_here(home: Home) -> list[bytes]:
    """Return the checkpoints that the home's witness sinks have had cosigned."""
    from vigiles.ledger.notes_file import split_notes

    return [note for path in sorted(home.sinks.glob("*.notes")) for note in split_notes(read_file(path)).whole]


def _write(path: Path, note: bytes) -> None:
    try:
        path.write_bytes(note)
    except OSError as error:
        raise InputInvalid(f"cannot write {path}: {error.strerror}", "Name a file that you can write.") from error


@click.command(name="verify", help="Re-derive the whole ledger and check every record, signature and grant.")
@click.option("--home", type=click.Path(path_type=Path), help="The home directory (default: $VIGILES_HOME).")
@click.option(
    "--checkpoint",
    "checkpoints",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A file of checkpoints kept elsewhere, for example a sink's. May be given often.",
)
@click.option("--key", help="The verifier key, or a file of it, kept elsewhere (default: the home's own).")
@click.option(
    "--witness", "witnesses", multiple=True, help="A witness's verifier key, or a file of it: it must have cosigned."
)
@click.option("--save-checkpoint", type=click.Path(path_type=Path), help="If all is well, copy the newest checkpoint here.")
@click.option(
    "--tiles", type=click.Path(path_type=Path), help="Check this folder of C2SP tlog-tiles, not the home's ledger."
)
@click.option("--origin", help="With --tiles: the log's name, where it is not its key's.")
@click.option("--absent-bundles", is_flag=True, help="With --tiles: bundles of entries may be left out (export --run).")
@json_option
@click.pass_context
def command(
    context: click.Context,
    home: Path | None,
    checkpoints: tuple[Path, ...],
    key: str | None,
    witnesses: tuple[str, ...],
    save_checkpoint: Path | None,
    tiles: Path | None,
    origin: str | None,
    absent_bundles: bool,
    as_json: bool,
) -> None:
    """Parse options and run."""
    if tiles is not None:
        from vigiles.cli.ledger import tiles_check
        from vigiles.ledger.notes_file import read_notes

        if save_checkpoint is not None or witnesses:
            raise InputInvalid("--save-checkpoint and --witness do not go with --tiles", "Leave them out.")
        line = _key(Options(home or default_home(), key=key))
        notes = tuple(note for path in checkpoints for note in read_notes(path).whole)
        context.exit(tiles_check.run(tiles_check.Options(tiles, line, origin, notes, absent_bundles, as_json)))
    if origin is not None or absent_bundles:
        raise InputInvalid("--origin and --absent-bundles go with --tiles", "Name the folder: --tiles FOLDER.")
    context.exit(run(Options(home or default_home(), checkpoints, key, save_checkpoint, as_json, witnesses)))
