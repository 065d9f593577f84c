"""Start-up: create, probe, run ``true``, destroy, without a pool; beside a strict bubblewrap's ``true``.

The services (recorder, launcher) are warm, as they are in a trainer that opens episode after episode; every cell is new.
"""

from __future__ import annotations

import asyncio
import sys
import time
from functools import partial
from pathlib import Path

import msgspec

from benchmarks import bubblewrap
from benchmarks.place import place
from benchmarks.rounds import interleave
from benchmarks.row import Row, compared
from vigiles.api import Services, open_episode

PROFILES = ("no-network", "rl-rollout")
AT_MOST = 2.0


async def cell_seconds(services: Services, profile: str, workdir: Path) -> float:
    """Return the wall seconds of one whole cell. Raises RuntimeError if ``true`` did not run in it."""
    start = time.perf_counter()
    async with open_episode(profile=profile, workdir=workdir, services=services) as episode:
        outcome = await episode.call(["true"])
    took = time.perf_counter() - start
    if outcome.exit_code != 0:
        raise RuntimeError(f"true ended with {outcome.exit_code} in a cell of {profile}: {outcome.stderr!r}")
    return took


async def measure(user: str, rounds: int) -> list[Row]:
    """Return a row for each profile, as whoever runs this; ``user`` is the word for it in the table."""
    bubblewrap.require()
    with place() as folder:
        workdir = folder / "work"
        async with await Services.start(folder / "home") as services:
            subjects = {"bubblewrap": partial(bubblewrap.seconds, workdir, ["true"])}
            subjects |= {name: partial(cell_seconds, services, name, workdir) for name in PROFILES}
            took = await interleave(subjects, rounds, warm_up=min(3, rounds))
    took = {name: [value * 1000 for value in values] for name, values in took.items()}
    return [compared("start-up", f"{name}, {user}", took[name], took["bubblewrap"], at_most=AT_MOST) for name in PROFILES]


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(measure(sys.argv[1], int(sys.argv[2])))))
