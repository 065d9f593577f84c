"""A bench as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigiles.evaluation.bench.bench import Bench, Line
from vigiles.render.text import safe

if TYPE_CHECKING:
    from rich.table import Table

_HEADS = ("Data, and how", "Looks at", "AUROC (95 %)", "by turn", "hard", "found at 1 %", "5 %", "runs")


def table(bench: Bench) -> Table:
    """Return the table; names of sets are rendered, since they come from file names."""
    from rich.table import Table

    made = Table(title=f"Monitors, weights {safe(bench.version)} ({bench.digest[:12]})")
    for number, head in enumerate(_HEADS):
        made.add_column(head, justify="left" if number < 2 else "right")
    last = None
    for line in bench.lines:
        group = (line.data, line.way)
        if last is not None and group != last:
            made.add_section()
        made.add_row(f"{safe(line.data)}: {safe(line.way)}" if group != last else "", *_cells(line))
        last = group
    return made


def _cells(line: Line) -> tuple[str, ...]:
    told = line.figures
    bounds = f" ({told.low:.2f}–{told.high:.2f})" if told.low is not None and told.high is not None else ""
    return (
        line.part or "control",
        f"{_share(told.auroc)}{bounds}",
        _share(told.by_turn),
        f"{_share(told.hard)} ({told.hard_runs})" if told.hard is not None else "–",
        _share(told.at_1, 2),
        _share(told.at_5, 2),
        f"{told.harmful} + {told.harmless}",
    )


def _share(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
