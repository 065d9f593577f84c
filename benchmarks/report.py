"""The table: on the terminal, as Markdown and as JSON."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import msgspec

from benchmarks.rounds import Spread
from benchmarks.row import Row

_HEADS = ("what", "ours", "reference", "ratio", "bar", "")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What the numbers depend on. ``load`` is the one-minute load average before the first and after the last round."""

    kernel: str
    processors: int
    python: str
    load: tuple[float, float]
    root: bool


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one run found. ``missing``: what could not be measured, and why."""

    machine: Machine
    quick: bool
    rows: list[Row]
    missing: list[str] = []


def machine(load_before: float) -> Machine:
    """Describe this machine now."""
    return Machine(
        kernel=platform.release(),
        processors=len(os.sched_getaffinity(0)),
        python=platform.python_version(),
        load=(load_before, os.getloadavg()[0]),
        root=os.geteuid() == 0,
    )


def cells(row: Row, between: str = " ") -> tuple[str, ...]:
    """Return one row's texts: each a median and, after ``between``, least to greatest."""
    reference = "" if row.reference is None else _spread(row.reference, row.reference_unit or row.unit, between)
    ratio = "" if row.ratio is None else _spread(row.ratio, "x", between)
    verdict = "" if row.passed is None else "pass" if row.passed else "FAIL"
    bar = f"{row.bar}{between}{row.note}" if row.note else row.bar
    return f"{row.group}:{between}{row.name}", _spread(row.ours, row.unit, between), reference, ratio, bar, verdict


def markdown(results: Results) -> str:
    """Return the table as Markdown."""
    told = results.machine
    lines = [
        "# Speed beside bubblewrap, in one run",
        "",
        f"Linux {told.kernel}, {told.processors} processors, Python {told.python}, started as "
        f"{'root' if told.root else 'an ordinary user'}, load {told.load[0]:.1f} to {told.load[1]:.1f}, "
        f"interleaved rounds{', quick: the numbers mean nothing' if results.quick else ''}. "
        "Each number is a median with least to greatest in brackets; a ratio compares the same round. "
        "The reference is bubblewrap; for the gate it is one raw SQLite commit on the same disk; a note names any other.",
        "",
        "| " + " | ".join(_HEADS) + " |",
        "|" + "---|" * len(_HEADS),
        *("| " + " | ".join(cells(row)) + " |" for row in results.rows),
        "",
        *(f"Not measured: {why}." for why in results.missing),
    ]
    return "\n".join(lines).rstrip() + "\n"


def show(results: Results) -> None:
    """Print the table for a person."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Median (least to greatest); reference: bubblewrap, for the gate a raw SQLite commit")
    for head in _HEADS:
        table.add_column(head)
    for row in results.rows:
        table.add_row(*cells(row, "\n"))
    console = Console()
    console.print(table)
    for why in results.missing:
        console.print(f"Not measured: {why}.", markup=False)


def save(results: Results, folder: Path) -> tuple[Path, Path]:
    """Write ``benchmarks.md`` and ``benchmarks.json`` below ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "benchmarks.md", folder / "benchmarks.json"
    paths[0].write_text(markdown(results), "utf-8")
    paths[1].write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
    return paths


def _spread(value: Spread, unit: str, between: str) -> str:
    return f"{_number(value.median)} {unit}{between}({_number(value.min)} to {_number(value.max)})"


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
