"""The ledger in bulk: append beside raw SQLite inserts, verification and its memory, queries on many records.

Each measurement runs in a process of its own (:mod:`benchmarks.ledger_work`), so that one's memory is not another's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.rounds import spread
from benchmarks.row import Row

_LARGE, _SMALL, _MANY = 1_000_000, 100_000, 10_000_000
_QUICK = 50_000


def measure(rounds: int, quick: bool, *, full: bool = False) -> list[Row]:
    """Append ``rounds`` times, verify at two sizes, query the larger, and ten million where that is ``full``; with ``quick``
    50,000 records at most.
    """
    with tempfile.TemporaryDirectory(prefix="vigiles-benchmark-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        large = _QUICK if quick else _LARGE
        rows = [_append(folder, rounds, _QUICK if quick else 200_000)]
        rows += _verify(folder, large // 10, large)
        rows += _queries(folder / f"home-{large}", large)
        if full:
            _work("build", folder / "home-many", _MANY)
            rows += _queries(folder / "home-many", _MANY)
        return rows


def _append(folder: Path, rounds: int, count: int) -> Row:
    ours, raw = [], []
    for number in range(rounds):
        ours.append(count / _work("build", folder / f"append-{number}", count)["seconds"])
        raw.append(count / _work("raw", folder / f"raw-{number}.sqlite3", count)["seconds"])
    return Row(
        group="ledger",
        name=f"bulk append of {count:,} records",
        unit="records/s",
        ours=spread(ours),
        reference=spread(raw),
        ratio=spread([mine / other for mine, other in zip(ours, raw, strict=True)]),
        bar=">= 100,000 records/s",
        passed=spread(ours).median >= 100_000,
        note="sealed, hashed, all indexes; the reference is the bare rows without an index",
    )


def _verify(folder: Path, small: int, large: int) -> list[Row]:
    found = {}
    for count in (small, large):
        _work("build", folder / f"home-{count}", count)
        found[count] = _work("verify", folder / f"home-{count}", count)
    growth = found[large]["peak_kib"] / found[small]["peak_kib"]
    return [
        Row(
            group="ledger",
            name=f"verify {large:,} records, index columns too",
            unit="s",
            ours=spread([found[large]["seconds"]]),
            bar="<= 30 s",
            passed=found[large]["seconds"] <= 30,
            note=f"evidence alone {found[large]['evidence_seconds']:.1f} s",
        ),
        Row(
            group="ledger",
            name=f"peak memory of verifying {large:,} beside {small:,}",
            unit="MiB",
            ours=spread([found[large]["peak_kib"] / 1024]),
            reference=spread([found[small]["peak_kib"] / 1024]),
            ratio=spread([growth]),
            bar="<= 1.2 x",
            passed=growth <= 1.2,
        ),
    ]


def _queries(home: Path, count: int) -> list[Row]:
    found = _work("query", home, count)
    return [
        Row(
            group="ledger",
            name=f"query by {name}, {count:,} records",
            unit="ms",
            ours=spread(took),
            bar="< 100 ms, the slowest",
            passed=max(took) < 100,
        )
        for name, took in found.items()
    ]


def _work(what: str, path: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.ledger_work", what, str(path), str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=Path(__file__).parent.parent)
    told: dict[str, Any] = json.loads(done.stdout)
    return told
