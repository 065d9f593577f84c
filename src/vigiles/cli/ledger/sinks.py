"""``vigiles ledger sinks``: where checkpoints go, how far each sink has them, and what fails."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from vigiles.ledger.home import Home, default_home
from vigiles.model.errors import InputInvalid, LedgerInvalid

#: How long to wait for a sender that is at work, seconds.
_TURN_S = 10.0


@dataclass(frozen=True)
class Options:
    """``deliver``: give what waits now, from here."""

    home: Path
    deliver: bool = False
    as_json: bool = False


@dataclass(frozen=True)
class Line:
    """What is known of one sink. Sizes are records covered; times are wall time in microseconds."""

    name: str
    kind: str
    target: str
    delivered: int
    newest: int
    delivered_us: int | None
    failures: int
    failing_us: int | None
    error: str
    conflict: bool
    remark: str


def run(options: Options) -> int:
    """Print. Returns 104 if a sink holds what contradicts this ledger, else 0. Raises :class:`InputInvalid`."""
    from vigiles.ledger.sinks.settings import load_sinks

    home = Home(options.home)
    sinks = load_sinks(home)
    if options.deliver and sinks:
        _deliver(home)
    lines = _lines(home)
    if options.as_json:
        click.echo(json.dumps({"sinks": [asdict(line) for line in lines]}, indent=2))
    elif not lines:
        click.echo(f"no sinks: name some in {home.settings}, for example")
        click.echo('\n  [sinks.other-disk]\n  kind = "file"\n  path = "/mnt/other/vigiles.checkpoints"')
    else:
        _table(lines)
    return LedgerInvalid.exit_code if any(line.conflict for line in lines) else 0


def _deliver(home: Home) -> None:
    import os

    from vigiles.ledger.delivering import take_turn
    from vigiles.ledger.sinks.delivery import Delivery
    from vigiles.ledger.sinks.settings import load_sinks

    turn = take_turn(home.sinks, _TURN_S)
    if turn is None:
        raise InputInvalid("a recorder's sender is at work", "Leave it to it, or end what records here and try again.")
    try:
        for name, sink in load_sinks(home).items():
            Delivery(home, name, sink).run()
    finally:
        os.close(turn)


def _lines(home: Home) -> list[Line]:
    from vigiles.ledger.reader import Reader
    from vigiles.ledger.sinks import file
    from vigiles.ledger.sinks.settings import FileSink, kind_of, load_sinks
    from vigiles.ledger.sinks.state import load_state
    from vigiles.model.errors import NotFound

    newest = 0
    try:
        reader = Reader(home.database)
    except NotFound:
        pass
    else:
        newest = reader.newest_checkpoint_size()
        reader.close()
    lines = []
    for name, sink in load_sinks(home).items():
        state = load_state(home, name, sink.target)
        remark = file.remark(sink, home) if isinstance(sink, FileSink) else ""
        known = (state.delivered, newest, state.delivered_us, state.failures, state.failing_us, state.error, state.conflict)
        shown = sink.target.partition("?")[0]  # what follows may be a token
        lines.append(Line(name, kind_of(sink), shown, *known, remark))
    return lines


def _table(lines: list[Line]) -> None:
    from vigiles.cli import columns
    from vigiles.ledger.mint import now
    from vigiles.render.text import safe
    from vigiles.render.words import count, span

    here = now().wall_us
    rows = []
    for line in lines:
        age = "never" if line.delivered_us is None else f"{span(max(0, here - line.delivered_us))} ago"
        state = "CONFLICT" if line.conflict else f"fails ({line.failures})" if line.failures else "ok"
        cells = (line.name, line.kind, f"{line.delivered}/{line.newest}", age, state)
        said = [safe(line.target, 200), *(safe(word, 300) for word in (line.error, line.remark) if word)]
        rows.append(columns.Row(cells, "; ".join(said)))
    head = columns.Row(("sink", "kind", "has/signed", "last", "state"), "where")
    columns.show(head, rows, count(len(rows), "sink"), kept=3, right={2})


@click.command(name="sinks", help="Show where checkpoints go, how far each sink has them, and what fails.")
@click.option("--home", type=click.Path(path_type=Path), help="The home directory (default: $VIGILES_HOME).")
@click.option("--deliver", is_flag=True, help="Give what waits now; a recorder's sender does so by itself.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, home: Path | None, deliver: bool, as_json: bool) -> None:
    """Parse options and run."""
    context.exit(run(Options(home or default_home(), deliver, as_json)))
