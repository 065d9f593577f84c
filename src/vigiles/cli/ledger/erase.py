"""``vigiles ledger erase``: forget bodies for a reason, with a signature, and leave every proof standing."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.ledger.selection import Chosen, Selection
    from vigiles.model.erasure import Erasure

_RANGE = re.compile(r"(\d{1,18})(?:-(\d{1,18}))?", re.ASCII)
_DAYS = re.compile(r"(\d{1,5})d", re.ASCII)
_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Options:
    """``ask``: where to write what ``principal`` is to sign; ``grant``: that, signed; ``yes``: sign as the operator."""

    home: Path
    ranges: tuple[tuple[int, int], ...] = ()
    run: str | None = None
    episode: str | None = None
    types: tuple[str, ...] = field(default=())
    before_us: int | None = None
    reason: str = ""
    principal: str | None = None
    ask: Path | None = None
    grant: Path | None = None
    yes: bool = False
    as_json: bool = False


def run(options: Options) -> int:
    """Show what would be erased; erase it only with a grant, or with ``yes``. Raises :class:`InputInvalid`."""
    _consistent(options)
    if options.grant is not None:
        from vigiles.ledger.erasure_grant import read_grant

        record = read_grant(options.grant)
        _tell(options, len(record.indices), _erase(options.home, [record]))
        return 0
    chosen = _chosen(options)
    if options.ask is not None:
        from vigiles.ledger.erasure_grant import write_request

        write_request(options.ask, chosen.indices, options.reason, str(options.principal))
        _show(options, chosen, f"{options.principal} signs {options.ask}; then: vigiles ledger erase --grant FILE")
    elif options.yes:
        from vigiles.ledger.erasure import OPERATOR
        from vigiles.ledger.home import Home
        from vigiles.ledger.key import load_signer
        from vigiles.ledger.retention import erasures

        key = load_signer(Home(options.home)).private
        records = list(erasures(chosen.indices, options.reason, OPERATOR, key))
        _tell(options, len(chosen.indices), _erase(options.home, records))
    else:
        _show(options, chosen, "nothing was erased; add --yes to sign as the operator, or --principal NAME --ask FILE")
    return 0


def _consistent(options: Options) -> None:
    given = [options.grant is not None, options.ask is not None, options.yes]
    if sum(given) > 1:
        raise InputInvalid("--grant, --ask and --yes exclude each other", "Give one of them.")
    if (options.ask is None) != (options.principal is None):
        raise InputInvalid("--ask and --principal belong together", "Name who is to sign, and where to write the request.")
    if options.grant is None and not options.reason.strip():
        raise InputInvalid("an erasure needs a reason, which stays on record", "Give it: --reason TEXT")


def _chosen(options: Options) -> Chosen:
    from vigiles.ledger.home import Home
    from vigiles.ledger.reader import Reader
    from vigiles.ledger.selection import choose

    reader = Reader(Home(options.home).database)
    try:
        chosen = choose(reader, _selection(options))
    finally:
        reader.close()  # before anything is erased: a reader holds the log, and with it what was erased
    if not chosen.indices:
        raise InputInvalid("nothing that was selected has a body to erase", "See: vigiles ledger query")
    return chosen


def _selection(options: Options) -> Selection:
    from vigiles.ledger.selection import Selection
    from vigiles.model.union import EVENT_TYPES

    unknown = [kind for kind in options.types if kind not in EVENT_TYPES]
    if unknown:
        raise InputInvalid(f"no record type {unknown[0]!r}", f"Types: {', '.join(sorted(EVENT_TYPES))}")
    return Selection(options.ranges, options.run, options.episode, options.types, options.before_us)


def _erase(home: Path, records: list[Erasure]) -> list[int]:
    from vigiles.ledger.sync_client import SyncRecorderClient

    with SyncRecorderClient(home) as client:
        return [client.erase(record) for record in records]


def _show(options: Options, chosen: Chosen, then: str) -> None:
    from vigiles.render.text import safe
    from vigiles.render.words import count

    first, last = chosen.indices[0], chosen.indices[-1]
    if options.as_json:
        told = {"bodies": len(chosen.indices), "bytes": chosen.bytes, "first": first, "last": last, "types": chosen.types}
        click.echo(json.dumps({**told, "never_erased": chosen.kept, "erased_before": chosen.gone, "erasures": []}))
        return
    bodies = "1 body" if len(chosen.indices) == 1 else f"{len(chosen.indices)} bodies"
    click.echo(f"would erase {bodies}, {count(chosen.bytes, 'byte')}, between records {first} and {last}:")
    for kind, number in sorted(chosen.types.items()):
        click.echo(f"  {number:>9}  {safe(kind)}")
    if chosen.kept or chosen.gone:
        click.echo(f"left out: {chosen.kept} of a type that is never erased, {chosen.gone} that were erased before")
    click.echo(safe(then, 400))


def _tell(options: Options, bodies: int, indexes: list[int]) -> None:
    if options.as_json:
        click.echo(json.dumps({"bodies": bodies, "erasures": indexes}))
        return
    records = ", ".join(map(str, indexes))
    click.echo(f"erased {bodies} {'body' if bodies == 1 else 'bodies'}; on record as {records}")


def ranges_of(texts: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Return ``5`` and ``5-9`` as first and last index. Raises :class:`InputInvalid`."""
    found = []
    for text in texts:
        match = _RANGE.fullmatch(text)
        if match is None or int(match[2] or match[1]) < int(match[1]):
            raise InputInvalid(f"--index {text!r} names no records", "Write an index, or the first and the last: 5-9")
        found.append((int(match[1]), int(match[2] or match[1])))
    return tuple(found)


def before_of(text: str | None) -> int | None:
    """Return the wall time before which records are older than ``30d``. Raises :class:`InputInvalid`."""
    if text is None:
        return None
    match = _DAYS.fullmatch(text)
    if match is None:
        raise InputInvalid(f"--older-than {text!r} is no number of days", "Write for example 30d.")
    return time.time_ns() // 1000 - int(match[1]) * _DAY_US


@click.command(
    name="erase",
    help="Erase bodies and their secrets; leaves, checkpoints and proofs stay. Shows what it would do, unless --yes"
    " or --grant is given.",
)
@home_option
@click.option("--index", "indices", multiple=True, metavar="N[-M]", help="These records; may be repeated.")
@click.option("--run", "run_id", help="Records of this run.")
@click.option("--episode", help="Records of this episode.")
@click.option("--type", "types", multiple=True, help="Records of this type; may be repeated.")
@click.option("--older-than", metavar="DAYS", help="Records older than this, for example 30d.")
@click.option("--reason", default="", help="Why; stays on record.")
@click.option("--principal", help="With --ask: the registered principal who is to sign.")
@click.option("--ask", type=click.Path(path_type=Path), help="Write what is to be signed to this file, and erase nothing.")
@click.option("--grant", type=click.Path(path_type=Path), help="Erase what this file, signed, names.")
@click.option("--yes", is_flag=True, help="Sign as the operator, with the ledger's own key, and erase.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    home: Path,
    indices: tuple[str, ...],
    run_id: str | None,
    episode: str | None,
    types: tuple[str, ...],
    older_than: str | None,
    reason: str,
    principal: str | None,
    ask: Path | None,
    grant: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Parse options and run."""
    chosen = (ranges_of(indices), run_id, episode, types, before_of(older_than))
    context.exit(run(Options(home, *chosen, reason, principal, ask, grant, yes, as_json)))
