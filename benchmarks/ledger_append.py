"""How fast acts become durable, beside a raw SQLite commit on the same disk. ``python benchmarks/ledger_append.py``.

One act is what the gate records: two records (act and verdict) durable before release, one result posted after it. Printed
as absolute numbers and as ratios to one synced single-row commit, which is what the disk allows.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from vigiles.ledger.client import RecorderClient
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.result import Result
from vigiles.model.verdict import Verdict

OPEN = 64
ACTS = 10_000
RATE = 1_000


def records(number: int) -> tuple[list[Act | Verdict], Result]:
    where = Coordinates(run="run-1", episode="ep-1", turn=1, call=number)
    name, at = new_id("act"), now()
    act = Act(id=name, at=at, coordinates=where, principal="a", kind="tool_call", tool="bash", arguments={"command": "ls"})
    verdict = Verdict(
        id=new_id("ver"), at=at, coordinates=where, act=name, decision="allow", reason="allowed", ruleset="0" * 64
    )
    return [act, verdict], Result(id=new_id("res"), at=at, coordinates=where, act=name, outcome="performed", exit_code=0)


def quantiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {f"p{part}_ms": round(ordered[int(len(ordered) * part / 100)] * 1000, 3) for part in (50, 90, 99)}


def raw_commit(directory: Path) -> float:
    """Median seconds of one synced WAL commit of one row of 400 bytes."""
    db = sqlite3.connect(directory / "raw.sqlite3", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL").fetchall()
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)")
    took = []
    for _ in range(2000):
        start = time.perf_counter()
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO t (b) VALUES (?)", (bytes(400),))
        db.execute("COMMIT")
        took.append(time.perf_counter() - start)
    db.close()
    return sorted(took)[len(took) // 2]


async def one(client: RecorderClient, number: int, took: list[float]) -> None:
    durable, result = records(number)
    start = time.perf_counter()
    await client.append(durable)
    took.append(time.perf_counter() - start)
    client.post(result)


async def closed_loop(client: RecorderClient) -> dict[str, float]:
    took: list[float] = []

    async def work() -> None:
        for number in range(ACTS // OPEN):
            await one(client, number, took)

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(OPEN)))
    await client.flush()
    return {"acts_per_s": round(len(took) / (time.perf_counter() - start))} | quantiles(took)


async def open_loop(client: RecorderClient) -> dict[str, float]:
    took: list[float] = []
    tasks = []
    start = time.perf_counter()
    for number in range(RATE * 5):
        while (wait := start + number / RATE - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(client, number, took)))
    await asyncio.gather(*tasks)
    return quantiles(took)


async def measure(home: Path) -> dict[str, dict[str, float]]:
    client = await RecorderClient.connect(home)
    found = {f"{OPEN} open": await closed_loop(client), f"{RATE} acts/s": await open_loop(client)}
    await client.close()
    return found


def bulk(home: Path) -> dict[str, float]:
    batch = [record for number in range(10_000) for record in records(number)[0]]
    with SyncRecorderClient(home) as client:
        start = time.perf_counter()
        client.append(batch)
        took = time.perf_counter() - start
        os.kill(client.recorder_pid, signal.SIGTERM)
    return {"records_per_s": round(len(batch) / took)}


def main() -> int:
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        raw = raw_commit(Path(name))
        found = asyncio.run(measure(Path(name) / "home")) | {"bulk": bulk(Path(name) / "home")}
        time.sleep(0.5)
    found["raw commit"] = {"ms": round(raw * 1000, 3), "commits_per_s": round(1 / raw)}
    found["ratios"] = {
        "durable acts per raw commit": round(found[f"{OPEN} open"]["acts_per_s"] * raw, 2),
        f"p50 at {RATE} acts/s over raw commit": round(found[f"{RATE} acts/s"]["p50_ms"] / (raw * 1000), 2),
        "bulk records per raw commit": round(found["bulk"]["records_per_s"] * raw, 1),
    }
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
