"""The gate: in-process acts through an open episode, each durable before it is done, beside a raw SQLite commit.

The deed does nothing, so its time is what the gate adds: record, judge, record, release, record.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from typing import Any

from benchmarks.ledger_append import raw_commit
from benchmarks.place import place
from benchmarks.rounds import Spread, interleave, spread
from benchmarks.row import Row
from vigiles.api import Episode, Services, open_episode

OPEN = 64
AT_LEAST_PER_S = 2_000
RATE = 1_000
MEDIAN_MS, P99_MS = 1.0, 5.0
_ARGUMENTS = {"to": "someone@example.invalid", "subject": "hello"}


async def _nothing(arguments: dict[str, Any]) -> None:
    """The deed."""


async def _act(episode: Episode) -> float:
    start = time.perf_counter()
    outcome = await episode.act("tool_call", "send_mail", _ARGUMENTS, _nothing)
    if outcome.verdict.decision != "allow":
        raise RuntimeError(f"the act was not allowed: {outcome.verdict.reason}")
    return time.perf_counter() - start


async def closed(episode: Episode, acts: int) -> float:
    """Return acts per second with :data:`OPEN` of them open at once."""

    async def work() -> None:
        for _ in range(max(1, acts // OPEN)):
            await _act(episode)

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(OPEN)))
    return max(1, acts // OPEN) * OPEN / (time.perf_counter() - start)


async def paced(episode: Episode, acts: int) -> list[float]:
    """Return the milliseconds of each act when :data:`RATE` acts a second begin, whether the last has ended or not."""
    took: list[float] = []

    async def one() -> None:
        took.append(await _act(episode) * 1000)

    # A group lets go of what has ended: thousands of finished tasks would be the garbage collector's work, and in our time.
    async with asyncio.TaskGroup() as group:
        start = time.perf_counter()
        for number in range(acts):
            wait = start + number / RATE - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(one())
    return took


async def measure(rounds: int, acts: int) -> list[Row]:
    """Return the rows for throughput, median and 99th percentile; ``acts`` is how many one round does of each."""
    medians: list[float] = []
    tails: list[float] = []
    with place() as folder:
        async with await Services.start(folder / "home") as services:

            async def raw() -> float:
                home = folder / "raw"
                home.mkdir(exist_ok=True)
                took = await asyncio.to_thread(raw_commit, home)
                (home / "raw.sqlite3").unlink()
                return 1 / took

            def episode() -> AbstractAsyncContextManager[Episode]:
                # One for each part of a round: an episode of tens of thousands of acts is nobody's work.
                return open_episode(profile="no-network", workdir=folder / "work", services=services)

            async def half_load() -> float:
                async with episode() as opened:
                    took = sorted(await paced(opened, acts))
                medians.append(took[len(took) // 2])
                tails.append(took[min(len(took) - 1, len(took) * 99 // 100)])
                return medians[-1]

            async def full_load() -> float:
                async with episode() as opened:
                    return await closed(opened, acts)

            subjects = {"raw": raw, "half": half_load, "closed": full_load}
            took = await interleave(subjects, rounds, warm_up=0)
    commit = spread([1000 / per_s for per_s in took["raw"]])
    throughput, middle, tail = spread(took["closed"]), spread(medians), spread(tails)
    half = f"{RATE:,} acts/s paced"
    return [
        Row(
            group="gate",
            name=f"durable acts, {OPEN} open",
            unit="/s",
            ours=throughput,
            reference=spread(took["raw"]),
            reference_unit="/s",
            ratio=_ratio(took["closed"], took["raw"]),
            bar=f">= {AT_LEAST_PER_S:,} /s",
            passed=throughput.median >= AT_LEAST_PER_S,
        ),
        _latency(f"median added, {half}", middle, commit, MEDIAN_MS),
        _latency(f"p99 added, {half}", tail, commit, P99_MS),
    ]


def _latency(name: str, ours: Spread, commit: Spread, below: float) -> Row:
    return Row(
        group="gate",
        name=name,
        unit="ms",
        ours=ours,
        reference=commit,
        bar=f"< {below:g} ms",
        passed=ours.median < below,
    )


def _ratio(ours: list[float], reference: list[float]) -> Spread:
    return spread([mine / other for mine, other in zip(ours, reference, strict=True)])
