"""``python -m benchmarks``: measure, print the table, write it as Markdown and JSON."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks import command_line, door, floods, gate, ledger, office, ordinary, overhead, report, startup
from benchmarks.row import Row
from vigiles.model.errors import VigilesError

NAMES = ("start-up", "command-line", "overhead", "gate", "ledger", "floods", "door", "office")


@dataclass(frozen=True)
class Options:
    """What to measure. ``rounds`` None: as many as each part needs to be steady. ``quick``: little of everything; ``full``:
    the ledger with ten million records too.
    """

    only: tuple[str, ...]
    rounds: int | None
    quick: bool
    out: Path
    full: bool = False


def measure(options: Options) -> report.Results:
    """Measure what is asked for. Raises ``VigilesError`` where something needed is not there."""
    load = os.getloadavg()[0]
    # Who uses Vigiles has its modules compiled after the first start; with this set every new process compiles them all.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    rows: list[Row] = []
    missing: list[str] = []

    def rounds(usual: int) -> int:
        return options.rounds or (2 if options.quick else usual)

    for name in [name for name in NAMES if not options.only or name in options.only]:
        click.echo(f"measuring {name} ...", err=True)
        if name == "start-up":
            count = rounds(30)
            rows += asyncio.run(startup.measure("root" if os.geteuid() == 0 else "ordinary user", count))
            if os.geteuid() == 0:
                found = ordinary.startup(count)
                if isinstance(found, str):
                    missing.append(f"start-up as an ordinary user: {found}")
                else:
                    rows += found
        elif name == "command-line":
            rows += asyncio.run(command_line.measure(rounds(10)))
        elif name == "overhead":
            rows += asyncio.run(overhead.measure(rounds(7), 0.02 if options.quick else 1.0))
        elif name == "gate":
            rows += asyncio.run(gate.measure(rounds(5), 200 if options.quick else 4_000))
        elif name == "ledger":
            rows += ledger.measure(rounds(3), options.quick, full=options.full)
        elif name == "office":
            rows += asyncio.run(office.measure(rounds(5), 30 if options.quick else 1_200))
        elif name == "door":
            found_rows, without = door.measure(rounds(7), quick=options.quick)
            rows += found_rows
            missing += without
        else:
            rows += asyncio.run(floods.measure(rounds(3), 2.0 if options.quick else 8.0))
    return report.Results(machine=report.machine(load), quick=options.quick, rows=rows, missing=missing)


@click.command("benchmarks", help="Measure Vigiles beside bubblewrap, in interleaved rounds, and write the table.")
@click.option("--only", type=click.Choice(NAMES), multiple=True, help="Measure only this; may be repeated.")
@click.option("--rounds", type=click.IntRange(1, 1000), default=None, help="Rounds of each part. [default: 5 to 30]")
@click.option("--quick", is_flag=True, help="Little of everything: does it run? The numbers mean nothing.")
@click.option("--full", is_flag=True, help="Query ten million records too: 10 GB of disk, and minutes to build them.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON instead of the table.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path(__file__).parent / "out",
    show_default="benchmarks/out",
    help="The folder for benchmarks.md and benchmarks.json.",
)
def command(only: tuple[str, ...], rounds: int | None, quick: bool, full: bool, as_json: bool, out: Path) -> None:
    """Parse, run."""
    results = measure(Options(only=only, rounds=rounds, quick=quick, out=out, full=full))
    saved = report.save(results, out)
    if as_json:
        click.echo(saved[1].read_text("utf-8"), nl=False)
    else:
        report.show(results)
        click.echo(f"written: {saved[0]} and {saved[1].name}")


if __name__ == "__main__":
    try:
        command.main(prog_name="python -m benchmarks", standalone_mode=True)
    except VigilesError as error:
        sys.stderr.write(f"benchmarks: {error}\n  what to do: {error.remedy}\n")
        sys.exit(error.exit_code)
