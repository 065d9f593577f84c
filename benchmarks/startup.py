"""Start-up: create, probe, run ``true``, destroy, without a pool; beside a strict bubblewrap's ``true``.

The services (recorder, launcher) are warm, as they are in a trainer that opens episode after episode; every cell is new.
Then the start of a warm cell, from the asking until it is ready for its first call; and, as root, tier R beside tier U.
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
from vigiles.ruleset.profile import Tier
from vigiles.runtime.tier_r import TierR

PROFILES = ("no-network", "rl-rollout")
AT_MOST, WARM_AT_MOST, R_AT_MOST = 2.0, 1.0, 1.5
#: How long a trainer does something else between two episodes at the least.
_PAUSE_S = 0.05


async def warm_seconds(services: Services, profile: str, workdir: Path) -> float:
    """Return the wall seconds until a warm cell is ready for its first call. Raises RuntimeError if that call fails."""
    await services.keep_warm(profile, 1)
    await asyncio.sleep(_PAUSE_S)
    start = time.perf_counter()
    async with open_episode(profile=profile, workdir=workdir, services=services) as episode:
        took = time.perf_counter() - start
        outcome = await episode.call(["true"])
    if outcome.exit_code != 0:
        raise RuntimeError(f"true ended with {outcome.exit_code} in a warm cell of {profile}: {outcome.stderr!r}")
    await services.keep_warm(profile, 0)
    return took


async def cell_seconds(services: Services, profile: str, workdir: Path, tier: Tier | None = None) -> float:
    """Return the wall seconds of one whole cell. Raises RuntimeError if ``true`` did not run in it."""
    start = time.perf_counter()
    async with open_episode(profile=profile, workdir=workdir, services=services, tier=tier) as episode:
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
            subjects |= {f"warm {name}": partial(warm_seconds, services, name, workdir) for name in PROFILES}
            if in_r := isinstance(services.tier_r, TierR):
                subjects["tier U"] = partial(cell_seconds, services, PROFILES[0], workdir, "U")
            took = await interleave(subjects, rounds, warm_up=min(3, rounds))
    took = {name: [value * 1000 for value in values] for name, values in took.items()}
    beside = took["bubblewrap"]
    rows = [compared("start-up", f"{name}, {user}", took[name], beside, at_most=AT_MOST) for name in PROFILES]
    rows += [
        compared("start-up", f"warm {name}, {user}", took[f"warm {name}"], beside, at_most=WARM_AT_MOST) for name in PROFILES
    ]
    if in_r:
        note = "the reference is tier U"
        rows.append(
            compared("start-up", "tier R beside tier U", took[PROFILES[0]], took["tier U"], at_most=R_AT_MOST, note=note)
        )
    return rows


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(measure(sys.argv[1], int(sys.argv[2])))))
