"""``vigiles eval replay``: published rates, planted in scripts and counted by the oracle. A check of the harness only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vigiles.evaluation.replay import Replayed


@click.command("replay", help="Replay published rates through the whole pipeline: a check of the harness.")
@click.option("--episodes", type=click.IntRange(1, 100_000), default=500, show_default=True, help="Episodes of each rate.")
@click.option("--rate", "rates", multiple=True, metavar="ID", help="Only this one; repeat for more.")
@click.option("--home", type=click.Path(path_type=Path), envvar="VIGILES_HOME", help="Where the ledger lies.")
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON.")
def command(episodes: int, rates: tuple[str, ...], home: Path | None, as_json: bool) -> int:
    """Parse options and run."""
    return run(episodes, rates, home, as_json)


def run(episodes: int, names: Sequence[str] = (), home: Path | None = None, as_json: bool = False) -> int:
    """Replay and print; return 0, or 107 if the oracle counts anything but what was planted. Raises ``InputInvalid``."""
    import asyncio

    from vigiles.evaluation.replay import MATRIX
    from vigiles.model.errors import DrillFailed, InputInvalid
    from vigiles.runtime.evaluating.replay import replay_all

    known = {rate.id: rate for rate in MATRIX}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputInvalid(f"no published rate is called {unknown[0][:64]!r}", f"one of: {', '.join(known)}")
    rows = asyncio.run(replay_all(home, episodes, [known[name] for name in names] or MATRIX))
    if as_json:
        import json

        import msgspec

        said = [{**msgspec.to_builtins(row), "replay": True, "equal": row.exact} for row in rows]
        click.echo(json.dumps(said, separators=(",", ":")))
    else:
        _show(rows)
    return 0 if all(row.exact for row in rows) else DrillFailed.exit_code


def _show(rows: Sequence[Replayed]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from vigiles.evaluation.report.name import Name
    from vigiles.evaluation.report.wording import REPLAYS
    from vigiles.evaluation.statistics.rate import rate, spoken
    from vigiles.render.text import safe

    table = Table(box=None, padding=(0, 1), header_style="bold")
    for head in ("replay", "of the published rate of", "planted", "counted by the oracle", "unequal", "unjudged", ""):
        table.add_column(head, overflow="fold")
    for row in rows:
        cells = (
            Name(safe(row.agent, 60)),
            f"{row.permille / 10:g} %: {safe(row.says, 120)}",
            str(row.planted),
            spoken(rate(row.counted, row.episodes - row.unjudged)),
            str(len(row.unequal)),
            str(row.unjudged),
            "equal" if row.exact else "UNEQUAL",
        )
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells))
    console = Console(highlight=False, markup=False)
    console.print(Text("Replays", style="bold"))
    console.print(REPLAYS)
    console.print("No safeguard is on, and no reviewer is asked.")
    console.print(table)
