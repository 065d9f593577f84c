from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vigiles.ledger.merkle import leaf_hash, verify_inclusion
from vigiles.ledger.query import LedgerReader
from vigiles.model.attribution import NOBODY
from vigiles.model.errors import LedgerInvalid, NotFound
from vigiles.model.finding import Finding


@pytest.fixture
def acts(ledger: Any, make: Any) -> list[Any]:
    acts = [make.act(n, run=f"run-{n % 2}", episode=f"ep-{n % 3}") for n in range(12)]
    ledger.append(*acts)
    ledger.append(make.flow("example.org"), make.flow("evil.example"))
    return acts


def found(home: Path, **filters: Any) -> list[int]:
    with LedgerReader(home) as reader:
        return [index for index, _ in reader.records(**filters)]


def test_filters(home: Path, acts: list[Any]) -> None:
    assert found(home) == list(range(14))
    assert found(home, type="flow") == [12, 13]
    assert found(home, run="run-1", type="act") == [1, 3, 5, 7, 9, 11, 12, 13][:6]
    assert found(home, episode="ep-2", type="act") == [2, 5, 8, 11]
    assert found(home, run="run-0", episode="ep-2", call=2) == [2]
    assert found(home, host="evil.example") == [13]
    assert found(home, host="EVIL.example") == []
    assert found(home, id=acts[4].id) == [4]
    assert found(home, limit=3) == [11, 12, 13]
    assert found(home, since_us=acts[6].at.wall_us)[0] <= 6
    assert found(home, since_us=2**60) == []
    assert found(home, id="' OR 1=1 --") == []


def test_what_no_column_can_hold_is_not_found(home: Path, acts: list[Any]) -> None:
    assert found(home, call=2**70) == found(home, id="\udcff") == found(home, host="\udcff") == []
    assert found(home, limit=2**70) == list(range(14))
    with LedgerReader(home) as reader:
        for missing in (lambda: reader.entry(2**70), lambda: reader.index_of("\udcff")):
            with pytest.raises(NotFound):
                missing()


def test_records_come_back(home: Path, acts: list[Any]) -> None:
    with LedgerReader(home) as reader:
        assert [record for _, record in reader.records(type="act")] == acts
        assert reader.record(5) == acts[5]
        assert reader.index_of(acts[5].id) == 5
        for missing in (lambda: reader.record(99), lambda: reader.index_of("none"), lambda: reader.entry(-1)):
            with pytest.raises(NotFound):
                missing()


def test_erased_records_are_left_out(home: Path, ledger: Any, acts: list[Any]) -> None:
    ledger.erase([3])
    assert 3 not in found(home)
    with LedgerReader(home) as reader:
        assert reader.entry(3).body is None
        with pytest.raises(NotFound, match="erased"):
            reader.record(3)
        assert reader.index_of(acts[3].id) == 3


def test_proofs(home: Path, ledger: Any, acts: list[Any], make: Any) -> None:
    with LedgerReader(home) as reader, pytest.raises(NotFound, match="no checkpoint"):
        reader.proof(0)
    ledger.book.sign()
    ledger.append(make.act())
    with LedgerReader(home) as reader:
        for index in range(14):
            proof = reader.proof(index)
            assert verify_inclusion(leaf_hash(proof.leaf), index, 14, proof.path, proof.checkpoint.root)
        with pytest.raises(NotFound, match="covers record 14"):
            reader.proof(14)
        with pytest.raises(NotFound, match="no record 15"):
            reader.proof(15)


def test_a_proof_of_a_changed_ledger_does_not_hold(home: Path, ledger: Any, acts: list[Any]) -> None:
    ledger.book.sign()
    ledger.book.close()
    path = ledger.home.database
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entries SET leaf = (SELECT leaf FROM entries WHERE idx = 1) WHERE idx = 0")
    db.close()
    with LedgerReader(home) as reader, pytest.raises(LedgerInvalid, match="not what the newest checkpoint signed"):
        reader.proof(5)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entries SET body = x'7b7d' WHERE idx = 0")
        db.execute("DELETE FROM entries WHERE idx = 2")
    db.close()
    with LedgerReader(home) as reader:
        with pytest.raises(LedgerInvalid, match="cannot be read"):
            reader.record(0)
        with pytest.raises(LedgerInvalid, match="missing"):
            reader.proof(5)


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"id": "act-1", "run": "r"}, "entries_id (id=?)"),
        ({"run": "r"}, "entries_run (run=?)"),
        ({"run": "r", "type": "flow", "since_us": 5}, "entries_run (run=?)"),
        ({"run": "r", "type": "incident"}, "entries_type (type=?)"),
        ({"call": 3, "run": "r"}, "entries_call (call=? AND run=?)"),
        ({"call": 3, "episode": "e", "run": "r"}, "entries_episode (episode=? AND call=?)"),
        ({"episode": "e", "run": "r"}, "entries_episode (episode=?)"),
        ({"host": "h.example", "run": "r", "type": "flow"}, "entries_host (host=?)"),
        ({"type": "finding"}, "entries_type (type=?)"),
        ({"since_us": 5}, None),
    ],
)
def test_each_search_goes_by_its_narrowest_index(ledger: Any, filters: dict[str, Any], index: str | None) -> None:
    with LedgerReader(ledger.home.path) as reader:
        plans: list[str] = []
        database = reader._reader.db
        database.set_trace_callback(plans.append)
        list(reader.records(**filters, limit=50))
        database.set_trace_callback(None)
        plan = " ".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {plans[0]}"))
    assert index is None or f"USING INDEX {index}" in plan, plan


def test_all_about_a_finding(ledger: Any, make: Any) -> None:
    acts = [make.act(number) for number in range(4)]
    found = Finding(
        id="fnd-1",
        at=acts[0].at,
        coordinates=acts[0].coordinates,
        detector="reverse_tunnel",
        rule="r",
        author="a",
        techniques=[],
        severity="high",
        summary="s",
        cause="tunnel",
        attribution=NOBODY,
        evidence=[acts[2].id, "gone"],
        occurred_us=1,
    )
    other = msgspec.structs.replace(make.incident(), findings=["fnd-2"])
    ledger.append(*acts, found, make.incident(), other)
    with LedgerReader(ledger.home.path) as reader:
        assert [index for index, _ in reader.about("fnd-1")] == [2, 4, 5]
        with pytest.raises(NotFound, match="fnd-9"):
            list(reader.about("fnd-9"))
        with pytest.raises(NotFound):
            list(reader.about(acts[0].id))


def test_incidents_of_a_run_have_an_index_of_their_own(ledger: Any) -> None:
    with LedgerReader(ledger.home.path) as reader:
        plans: list[str] = []
        database = reader._reader.db
        database.set_trace_callback(plans.append)
        list(reader._incidents("run-1"))
        database.set_trace_callback(None)
        plan = " ".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {plans[0]}"))
    assert "USING INDEX entries_incident (run=?)" in plan
