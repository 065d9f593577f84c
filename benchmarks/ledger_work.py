"""One measurement of the ledger in a process of its own: ``python -m benchmarks.ledger_work WHAT PATH COUNT`` prints JSON.

The records are real ones whose names and numbers are put into bytes encoded once, so that making them costs little. Of
20,000 records one is an incident and 20 are findings; every tenth is a flow to one of 1,000 hosts; a run has 20,000 records.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from vigiles.ledger.book import Book
from vigiles.ledger.bulk import BATCH
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_or_make, load_verifier
from vigiles.ledger.mint import now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.reader import Reader
from vigiles.ledger.store import Store
from vigiles.ledger.verify import verify
from vigiles.ledger.wire import Row, row_of
from vigiles.model import canonical
from vigiles.model.act import Act
from vigiles.model.attribution import NOBODY
from vigiles.model.coordinates import Coordinates
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.flow import Flow
from vigiles.model.record import Event
from vigiles.ruleset.granted import KINDS, GrantsAudit
from vigiles.ruleset.load import ruleset_of

_RUN, _EPISODE, _FINDING, _INCIDENT = 20_000, 500, 1_000, 20_000
_SAMPLES = 20


def template(record: Event) -> bytes:
    """Return the body with places for number, run, episode, call and evidence, in the order that sorted keys give."""
    body = canonical.encode(record).replace(b"%", b"%%")
    for token, place in ((b"NUMBER", b"%(n)d"), (b"RUN", b"%(r)d"), (b"EPISODE", b"%(e)d"), (b"123454321", b"%(c)d")):
        body = body.replace(token, place)
    return body.replace(b"HOST", b"%(h)d").replace(b"EVIDENCE", b"%(b)d")


def rows(count: int) -> Iterator[Row]:
    """Yield ``count`` rows."""
    at, where = now(), Coordinates(run="run-RUN", episode="ep-EPISODE", turn=1, call=123454321)
    common = {"at": at, "coordinates": where}
    act = template(
        Act(id="rec-NUMBER", principal="a", kind="tool_call", tool="bash", arguments={"command": "ls NUMBER"}, **common)
    )
    flow = template(
        Flow(
            id="rec-NUMBER",
            sensor="door",
            attribution=NOBODY,
            flow="flow-NUMBER",
            phase="close",
            via="connect",
            host="host-HOST.example",
            port=443,
            **common,
        )
    )
    finding = template(
        Finding(
            id="rec-NUMBER",
            detector="d",
            rule="r",
            author="a",
            techniques=[],
            severity="high",
            summary="s",
            cause="c",
            attribution=NOBODY,
            evidence=["rec-EVIDENCE"],
            occurred_us=1,
            **common,
        )
    )
    incident = Incident(
        id="rec",
        at=at,
        coordinates=where,
        incident="inc",
        version=1,
        state="open",
        severity="high",
        cause="c",
        title="t",
        findings=[],
        detectors=["d"],
        techniques=[],
        calls=[1],
        occurred_us=1,
        aware_us=2,
    )
    for n in range(count):
        run, episode, call = f"run-{n // _RUN}", f"ep-{n // _EPISODE}", n % _EPISODE // 10
        if n % _INCIDENT == _INCIDENT - 1:
            there = Coordinates(run=run, episode=episode, turn=1, call=call)
            name = f"rec-{n - n % _FINDING}"
            yield row_of(msgspec.structs.replace(incident, id=f"rec-{n}", coordinates=there, findings=[name]))
            continue
        kind, body, host = "act", act, None
        if n % _FINDING == 0:
            kind, body = "finding", finding
        elif n % 10 == 5:
            kind, body, host = "flow", flow, f"host-{n // 10 % 1000}.example"
        told = {b"n": n, b"r": n // _RUN, b"e": n // _EPISODE, b"c": call, b"h": n // 10 % 1000, b"b": max(n - 1, 0)}
        yield Row(kind, f"rec-{n}", run, episode, call, host, at.wall_us, body % told)


def build(path: Path, count: int) -> dict[str, float]:
    """Append in bulk and sign. The rows of the smaller runs are made before the clock starts."""
    home = Home(path)
    home.prepare()
    source = list(rows(count)) if count <= 200_000 else rows(count)
    book = Book(Store(home.database), load_or_make(home))
    start = time.perf_counter()
    book.append_many(source)
    took = time.perf_counter() - start
    book.sign()
    book.close()
    return {"seconds": took}


def raw(path: Path, count: int) -> dict[str, float]:
    """Insert the same rows into a table without an index, in synced transactions: what SQLite takes by itself."""
    made = [(n, *msgspec.structs.astuple(row)[:7], bytes(110), bytes(32), row.body) for n, row in enumerate(rows(count))]
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL").fetchall()
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b, c, d, e, f, g, h, i, j, k)")
    start = time.perf_counter()
    for at in range(0, count, BATCH):
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", made[at : at + BATCH])
        db.execute("COMMIT")
    return {"seconds": time.perf_counter() - start}


def check(path: Path, count: int) -> dict[str, float]:
    """Verify everything. Memory is this program's own peak; getrusage would count what was here before it was loaded."""
    home = Home(path)
    reader = Reader(home.database)
    start = time.perf_counter()
    structure = reader.structure()
    report = verify(reader.entries(), reader.checkpoints(), str(load_verifier(home)))
    evidence = time.perf_counter() - start
    audit = GrantsAudit(reader, ruleset_of)
    problems = report.problems + reader.damage(structure=structure, seen=audit.see, kinds=KINDS)
    assert audit.finish().problems == []
    took = time.perf_counter() - start
    assert (problems, report.signed) == ([], count)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return {"seconds": took, "evidence_seconds": evidence, "peak_kib": peak}


def query(path: Path, count: int) -> dict[str, list[float]]:
    """Ask for what is there, opened anew each time, as the command line does: the newest 50."""
    found: dict[str, list[float]] = {"run": [], "call": [], "host": [], "finding": []}
    chosen = random.Random(4)
    for _ in range(_SAMPLES):
        n = chosen.randrange(1, count)
        run, call, host = f"run-{n // _RUN}", n % _EPISODE // 10, f"host-{n // 10 % 1000}.example"
        finding = f"rec-{n - n % _FINDING}"
        for name in found:
            start = time.perf_counter()
            with LedgerReader(path) as reader:
                if name == "run":
                    got = list(reader.records(run=run, limit=50))
                elif name == "call":
                    got = list(reader.records(run=run, call=call, limit=50))
                elif name == "host":
                    got = list(reader.records(host=host, limit=50))
                else:
                    got = list(reader.about(finding))
            found[name].append((time.perf_counter() - start) * 1000)
            assert got, (name, n)
    return found


if __name__ == "__main__":
    work = {"build": build, "raw": raw, "verify": check, "query": query}[sys.argv[1]]
    print(json.dumps(work(Path(sys.argv[2]), int(sys.argv[3]))))
