"""``vigiles notify status``: who is notified, how far each has been told, what waits and what fails."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.ledger.home import Home


@dataclass(frozen=True)
class Options:
    """``home``: whose receivers."""

    home: Path
    as_json: bool = False


@dataclass(frozen=True)
class Line:
    """What is known of one receiver; times are wall time in microseconds."""

    name: str
    kind: str
    target: str
    least: str
    told: int
    told_us: int | None
    waiting: int
    failures: int
    failing_us: int | None
    error: str


def run(options: Options) -> int:
    """Print. Raises :class:`InputInvalid` for settings that cannot be used, :class:`LedgerInvalid`."""
    home = Home(options.home)
    lines = lines_of(home)
    if options.as_json:
        click.echo(json.dumps({"receivers": [asdict(line) for line in lines]}, indent=2))
    elif not lines:
        click.echo(f"nobody is notified: name somebody in {home.settings}, for example")
        click.echo('\n  [notify.pager]\n  kind = "webhook"\n  url = "https://pager.example/hook"')
        click.echo('  secret_file = "/etc/vigiles/pager.secret"')
    else:
        _table(lines)
    return 0


def lines_of(home: Home) -> list[Line]:
    """Return what is known of every receiver."""
    from vigiles.runtime.notify.delivery import Delivery
    from vigiles.runtime.notify.settings import kind_of, load_receivers, target_of

    lines = []
    for name, receiver in load_receivers(home).items():
        delivery = Delivery(home, name, receiver)
        state = delivery.state
        known = (state.told, state.told_us, delivery.count(), state.failures, state.failing_us, state.error)
        lines.append(Line(name, kind_of(receiver), target_of(receiver), receiver.least, *known))
    return lines


def _table(lines: list[Line]) -> None:
    from vigiles.cli import columns
    from vigiles.ledger.mint import now
    from vigiles.render.text import safe
    from vigiles.render.words import count, span

    here = now().wall_us
    rows = []
    for line in lines:
        last = "never" if line.told_us is None else f"{span(max(0, here - line.told_us))} ago"
        state = f"fails ({line.failures})" if line.failures else "ok"
        cells = (line.name, line.kind, line.least, str(line.told), str(line.waiting), last, state)
        rows.append(columns.Row(cells, "; ".join(safe(word, 300) for word in (line.target, line.error) if word)))
    head = columns.Row(("receiver", "kind", "from", "told", "waiting", "last", "state"), "where")
    columns.show(head, rows, count(len(rows), "receiver"), kept=2, right={3, 4})


@click.command("status")
@home_option
@json_option
def command(home: Path, as_json: bool) -> int:
    """Show who is notified, how far each has been told, what waits and what fails."""
    return run(Options(home=home, as_json=as_json))
