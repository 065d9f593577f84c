"""``python -m benchmarks.disguise``: play the plan in a world of its own, print the table, write it down."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from benchmarks.disguise import plan, tables
from benchmarks.disguise.play import Played, play
from benchmarks.place import end_recorder
from vigiles.drills.world import enter
from vigiles.model.errors import VigilesError

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Options:
    """What to play. ``at_once``: runs that share the machine."""

    seed: int
    mining: int
    honest: int
    rare: int
    seconds: float
    at_once: int
    out: Path
    keep: Path | None = None


def evaluate(options: Options) -> tables.Results:
    """Play the plan and count. Raises ``VigilesError`` where no cell can be made."""
    load = os.getloadavg()[0]
    runs = plan.runs(options.seed, options.mining, options.honest, options.rare)

    def tell(played: Played) -> None:
        found = "-" if played.seconds is None else f"{played.seconds:.1f} s {', '.join(played.rules)}"
        click.echo(f"{played.run.name}: {tables.ways(played)}: {found}", err=True)

    with tempfile.TemporaryDirectory(prefix="vigiles-disguise-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        place.chmod(0o755)
        try:
            played = asyncio.run(play(runs, options.seconds, options.at_once, place, tell, options.keep))
        finally:
            end_recorder(place / "home")
    counts = tables.count(played)
    return tables.Results(
        seed=options.seed,
        seconds=options.seconds,
        at_once=options.at_once,
        load=(load, os.getloadavg()[0]),
        counts=counts,
        broken=[f"{one.run.name}: {one.told.strip()[-120:]}" for one in played if not one.intact],
        passed=tables.verdict(counts),
        played=played,
    )


@click.command("disguise", help="Play miners and honest talks inside TLS under an observing profile; count what is found.")
@click.option("--seed", type=int, default=8086, show_default=True, help="What the plan is drawn from.")
@click.option("--mining", type=click.IntRange(0, 500), default=20, show_default=True, help="Mining runs.")
@click.option("--honest", type=click.IntRange(0, 500), default=40, show_default=True, help="Honest runs.")
@click.option("--rare", type=click.IntRange(0, 500), default=6, show_default=True, help="Mining runs with few messages.")
@click.option("--seconds", type=click.FloatRange(5, 600), default=95.0, show_default=True, help="Length of a run.")
@click.option("--at-once", type=click.IntRange(1, 60), default=9, show_default=True, help="Runs at the same time.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON instead of the table.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=_ROOT / "benchmarks" / "out",
    show_default="benchmarks/out",
    help="The folder for disguise.md and disguise.json.",
)
@click.option(
    "--keep", type=click.Path(path_type=Path, exists=True, file_okay=False), help="A folder for the records of each run."
)
def command(
    seed: int, mining: int, honest: int, rare: int, seconds: float, at_once: int, as_json: bool, out: Path, keep: Path | None
) -> None:
    """Parse; enter a world, or play in it. Ends with 1 if a bar is missed or a run broke."""
    if not enter.inside():
        argv = [sys.executable, "-m", "vigiles.drills.world.enter", "--", sys.executable, "-m", "benchmarks.disguise"]
        sys.exit(subprocess.run([*argv, *sys.argv[1:]], cwd=_ROOT, check=False).returncode)
    results = evaluate(Options(seed, mining, honest, rare, seconds, at_once, out, keep))
    text = msgspec.json.format(msgspec.json.encode(results), indent=2)
    out.mkdir(parents=True, exist_ok=True)
    (out / "disguise.md").write_text(tables.markdown(results), "utf-8")
    (out / "disguise.json").write_bytes(text + b"\n")
    click.echo(text.decode() if as_json else tables.markdown(results))
    sys.exit(0 if results.passed and not results.broken else 1)


if __name__ == "__main__":
    try:
        command.main(prog_name="python -m benchmarks.disguise", standalone_mode=True)
    except VigilesError as error:
        sys.stderr.write(f"disguise: {error}\n  what to do: {error.remedy}\n")
        sys.exit(error.exit_code)
