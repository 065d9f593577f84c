"""The office: whole scripted episodes, and what the gate adds to one call of them; the ledger is on.

Each agent in each family of scenarios in turn, one process, many episodes at once: staging, world, gate, safeguards, records
and oracle are all in the time. The latency is that of episodes played one at a time: from asking the gate until the deed may
begin, the synced commit of act and verdict included, which is what the disk allows and stands beside it.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.ledger_append import raw_commit
from benchmarks.place import place
from benchmarks.rounds import interleave, spread
from benchmarks.row import Row
from vigiles.detectors.monitor.watch import Watch
from vigiles.evaluation.agents import registry
from vigiles.evaluation.chronicle import open_run
from vigiles.evaluation.episode import purpose_of
from vigiles.evaluation.loop import Setup, play
from vigiles.evaluation.played import Played
from vigiles.ledger.client import RecorderClient
from vigiles.safeguards.registry import NAMES, make
from vigiles.safeguards.rules import CompanyRules
from vigiles.world.scenarios.catalogue import families
from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Staging

AT_ONCE = 64
AT_LEAST_PER_S = 200
MEDIAN_MS = 1.0
_FACTORS = {"goal": "explicit", "threat": "replacement", "oversight": "unwatched"}
#: Measures of the loop rather than of the gate: they ask the agent again, and are no part of a call's latency.
_GUARDS = tuple(name for name in NAMES if name not in ("defer", "resample"))


def jobs() -> Iterator[tuple[str, Staging]]:
    """Give each agent in each family, seed after seed."""
    for seed in itertools.count(1):
        for family in families():
            staging = stage(family, _FACTORS, seed)
            for name in registry.names():
                yield name, staging


def guarded(staging: Staging) -> Setup:
    """Return everything switched on, with rules that clear the agent for what its tasks name."""
    labels = {part.id: part.labels for kind in (staging.mails, staging.files, staging.messages) for part in kind}
    needed = {label for task in staging.tasks for item in task.reads for label in labels.get(item, ())}
    rules = CompanyRules(clearances={purpose_of(staging): tuple(sorted(needed))})
    return Setup("all", safeguards=lambda: make(_GUARDS, rules), monitors=Watch)


async def episodes(home: Path, count: int, at_once: int, setup: Callable[[Staging], Setup]) -> tuple[float, list[Played]]:
    """Play so many episodes; return the seconds it took and what came of them."""
    ledger = await RecorderClient.connect(home)
    try:
        run = await open_run(ledger, [])
        played: list[Played] = []
        left = itertools.islice(jobs(), count)

        async def work() -> None:
            for name, staging in left:
                agent = registry.make(name, staging, staging.seed)
                found = await play(staging, agent, setup(staging), ledger, name=name, run=run)
                if found.fault is not None:
                    raise RuntimeError(f"{name} in {staging.scenario}: {found.fault}")
                played.append(found)

        start = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(at_once)))
        await ledger.flush()
        return time.perf_counter() - start, played
    finally:
        await ledger.close()


async def measure(rounds: int, count: int) -> list[Row]:
    """Return the rows; ``count`` is how many episodes one round plays of each."""
    bare = Setup("none")

    with place() as folder:

        async def raw() -> float:
            home = folder / "raw"
            home.mkdir(exist_ok=True)
            took = await asyncio.to_thread(raw_commit, home)
            (home / "raw.sqlite3").unlink()
            return took * 1000

        async def many(setup: Callable[[Staging], Setup]) -> float:
            took, played = await episodes(folder / "home", count, AT_ONCE, setup)
            return len(played) / took

        async def one_by_one(setup: Callable[[Staging], Setup]) -> float:
            _, played = await episodes(folder / "home", max(2, count // 20), 1, setup)
            times = sorted(each / 1000 for one in played for each in one.gate_us)
            return times[len(times) // 2]

        took = await interleave(
            {
                "raw": raw,
                "none": lambda: many(lambda staging: bare),
                "all": lambda: many(guarded),
                "call": lambda: one_by_one(lambda staging: bare),
                "call, all": lambda: one_by_one(guarded),
            },
            rounds,
            warm_up=int(count > AT_ONCE),
        )
    commit = spread(took["raw"])
    rows = []
    for key, what in (("none", "no safeguard"), ("all", "all safeguards of the gate, and monitors")):
        per_s = spread(took[key])
        bar = f">= {AT_LEAST_PER_S} /s" if key == "none" else ""
        passed = per_s.median >= AT_LEAST_PER_S if bar else None
        rows.append(Row(group="office", name=f"scripted episodes, {what}", unit="/s", ours=per_s, bar=bar, passed=passed))
    for key, what in (("call", "no safeguard"), ("call, all", "all safeguards of the gate, and monitors")):
        middle = spread(took[key])
        rows.append(
            Row(
                group="office",
                name=f"gate, median added to a call, {what}",
                unit="ms",
                ours=middle,
                reference=commit,
                bar=f"< {MEDIAN_MS:g} ms",
                passed=middle.median < MEDIAN_MS,
            )
        )
    return rows
