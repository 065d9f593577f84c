"""``vigiles ledger query``: list records by type, run, episode, call, host or time."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.cli.shared_options import socket_option
from vigiles.ledger.home import default_home
from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.model.union import Recorded

_SINCE = re.compile(r"(\d{1,9})([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
#: Shown in columns of their own, or never of interest in a one-line summary.
_ELSEWHERE = frozenset({"type", "id", "at", "coordinates", "attribution", "chunks", "text"})


@dataclass(frozen=True)
class Options:
    """Filters; ``since_us`` is wall time; ``limit`` keeps the newest so many (None: all).

    ``finding`` stands alone: that finding, its evidence, and the incidents and responses it led to. ``socket``: ask there,
    and list headers.
    """

    home: Path
    type: str | None = None
    run: str | None = None
    episode: str | None = None
    call: int | None = None
    host: str | None = None
    id: str | None = None
    since_us: int | None = None
    limit: int | None = 50
    as_json: bool = False
    finding: str | None = None
    socket: Path | None = None


def run(options: Options) -> int:
    """Print the records that fit, oldest first. Raises :class:`NotFound`, :class:`InputInvalid`, :class:`LedgerInvalid`."""
    from vigiles.ledger.query import LedgerReader
    from vigiles.model.union import EVENT_TYPES

    if options.type is not None and options.type not in EVENT_TYPES:
        raise InputInvalid(f"no record type {options.type!r}", f"Types: {', '.join(sorted(EVENT_TYPES))}")
    if options.socket is not None:
        return _headers(options, options.socket)
    with LedgerReader(options.home) as reader:
        filters = (options.type, options.run, options.episode, options.call, options.host, options.id, options.since_us)
        if options.finding is not None:
            if any(one is not None for one in filters):
                raise InputInvalid("--finding stands alone", "Leave out the other filters, or take --id.")
            found = reader.about(options.finding)
        else:
            found = reader.records(*filters, options.limit)
        if options.as_json:
            for index, record in found:
                click.echo(_line(index, record))
        else:
            _table(found)
    return 0


def _headers(options: Options, place: Path) -> int:
    """List what is open of the records: a desk gives bodies one by one, to those who may read them."""
    import msgspec

    from vigiles.cli import columns
    from vigiles.ledger.desk.ask import ask_to_list
    from vigiles.ledger.desk.messages import MOST_LISTED, List
    from vigiles.render.text import safe
    from vigiles.render.words import count, moment

    if options.host is not None or options.finding is not None:
        raise InputInvalid("a desk does not search bodies", "Leave out --host and --finding.")
    if options.limit is None or options.limit > MOST_LISTED:
        raise InputInvalid(f"a desk lists {MOST_LISTED} headers at most", "Take a smaller --limit, and filters.")
    chosen = (options.type, options.run, options.episode, options.call, options.id, options.since_us)
    headers = ask_to_list(place, List(*chosen, options.limit)).headers
    if options.as_json:
        for header in headers:
            click.echo(json.dumps(msgspec.to_builtins(header), separators=(",", ":")))
        return 0
    rows = []
    for one in headers:
        cells = (str(one.index), moment(one.wall_us)[:19], safe(one.type, 64), safe(one.id, 160), safe(one.path(), 160))
        rows.append(columns.Row(cells, one.body))
    head = columns.Row(("index", "time (UTC)", "type", "id", "where"), "body")
    columns.show(head, rows, count(len(rows), "header"), kept=4, right={0})
    return 0


def _line(index: int, record: Recorded) -> str:
    """Return one line of ASCII: agent text in it cannot act on a terminal."""
    import msgspec

    return json.dumps({"index": index, "record": msgspec.to_builtins(record)}, separators=(",", ":"))


def _table(found: Iterator[tuple[int, Recorded]]) -> None:
    from vigiles.cli import columns
    from vigiles.render.text import safe
    from vigiles.render.words import count, moment

    rows = []
    for index, record in found:
        when = moment(record.at.wall_us)[:19]
        where = safe(record.coordinates.path(), 160) if record.coordinates else "-"
        cells = (str(index), when, str(record.__struct_config__.tag), safe(record.id, 160), where)
        rows.append(columns.Row(cells, safe(_what(record), 160)))
    head = columns.Row(("index", "time (UTC)", "type", "id", "where"), "what")
    columns.show(head, rows, count(len(rows), "record"), kept=4, right={0})


def _what(record: Recorded) -> str:
    words = []
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if name not in _ELSEWHERE and isinstance(value, str | int) and value not in ("", 0, False):
            words.append(f"{name}={value}")
        elif name == "arguments" and value:
            words.append(f"arguments={json.dumps(value, ensure_ascii=False)}")
        elif name == "argv" and value:
            words.append(f"argv={' '.join(value)}")
        elif name == "process" and value is not None:
            words.append(f"argv={' '.join(value.argv)}")
    return " ".join(words)


def since_us_of(text: str | None) -> int | None:
    """Return the wall time that lies ``text`` (``90s``, ``2h``) back. Raises :class:`InputInvalid`."""
    if text is None:
        return None
    match = _SINCE.fullmatch(text)
    if match is None:
        raise InputInvalid(f"--since {text!r} is no length of time", "Write a number and s, m, h or d: 90s, 15m, 2h, 7d.")
    return time.time_ns() // 1000 - int(match[1]) * _SECONDS[match[2]] * 1_000_000


@click.command(name="query", help="List records, oldest first; filters are exact and combine.")
@click.option("--home", type=click.Path(path_type=Path), help="The home directory (default: $VIGILES_HOME).")
@socket_option
@click.option("--type", help="The record type, for example act, verdict, flow, finding.")
@click.option("--run", "run_id", help="The run's id.")
@click.option("--episode", help="The episode's id.")
@click.option("--call", type=int, help="The call's number within its episode.")
@click.option("--host", help="The host that a flow, connect or DNS query names.")
@click.option("--id", "record_id", help="The record's id.")
@click.option("--finding", help="A finding's id: the finding, its evidence, and the incidents and responses it led to.")
@click.option("--since", help="Only records younger than this, for example 90s, 15m, 2h, 7d.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Show the newest so many.")
@click.option("--all", "everything", is_flag=True, help="Show all, however many.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def command(
    context: click.Context,
    home: Path | None,
    socket: Path | None,
    type: str | None,
    run_id: str | None,
    episode: str | None,
    call: int | None,
    host: str | None,
    record_id: str | None,
    finding: str | None,
    since: str | None,
    limit: int,
    everything: bool,
    as_json: bool,
) -> None:
    """Parse options and run."""
    count = None if everything else limit
    filters = (type, run_id, episode, call, host, record_id)
    context.exit(
        run(
            Options(
                home or (default_home() if socket is None else Path()),
                *filters,
                since_us_of(since),
                count,
                as_json,
                finding,
                socket,
            )
        )
    )
