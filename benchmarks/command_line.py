"""The command line: wall seconds of ``vigiles run -- true``, interpreter and all."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks import bubblewrap
from benchmarks.place import end_recorder, place
from benchmarks.rounds import interleave, spread
from benchmarks.row import Row

AT_MOST_S = 0.6
_MAIN = "from vigiles.cli.main import main; main()"


async def run_seconds(workdir: Path, home: Path) -> float:
    """Return the wall seconds of one ``vigiles run --quiet -- true`` with the default profile."""
    await asyncio.sleep(0)
    words = ["run", "--quiet", "--workdir", str(workdir), "--home", str(home), "--", "true"]
    start = time.perf_counter()
    subprocess.run([sys.executable, "-P", "-c", _MAIN, *words], check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


async def measure(rounds: int) -> list[Row]:
    """Return a row for a recorder that runs already, and one for a home that never existed."""
    bubblewrap.require()
    number = 0
    with place() as folder:
        workdir = folder / "work"

        async def cold() -> float:
            nonlocal number
            number += 1
            home = folder / f"home-cold-{number}"
            took = await run_seconds(workdir, home)
            end_recorder(home)
            return took

        took = await interleave(
            {
                "bubblewrap": partial(bubblewrap.seconds, workdir, ["true"]),
                "warm recorder": partial(run_seconds, workdir, folder / "home"),
                "first run in a new home": cold,
            },
            rounds,
        )
    rows = []
    for name, bar in (("warm recorder", AT_MOST_S), ("first run in a new home", None)):
        ours = spread(took[name])
        ratio = spread([mine / other for mine, other in zip(took[name], took["bubblewrap"], strict=True)])
        rows.append(
            Row(
                group="command line",
                name=f"vigiles run -- true, {name}",
                unit="s",
                ours=ours,
                reference=spread(took["bubblewrap"]),
                ratio=ratio,
                bar="" if bar is None else f"<= {bar:g} s",
                passed=None if bar is None else ours.median <= bar,
            )
        )
    return rows
