from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.ledger.reader import Reader
from vigiles.ledger.schema import SCHEMA, bring_up
from vigiles.ledger.store import Store
from vigiles.ledger.verify import verify
from vigiles.ledger.wire import row_of
from vigiles.model.errors import LedgerInvalid

DATA = Path(__file__).parents[1] / "data" / "ledger"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A home with a store that schema 1's code wrote: 12 records of two runs, one erased, and the erasure."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(DATA / "schema-1.sqlite3", home / "ledger.sqlite3")
    shutil.copyfile(DATA / "schema-1.vkey", home / "ledger.vkey")
    return home


def indexes(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as db:
        found = dict(db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
    db.close()
    return found


def sound(home: Path) -> tuple[int, int, str]:
    reader = Reader(home / "ledger.sqlite3")
    try:
        report = verify(reader.entries(), reader.checkpoints(), (home / "ledger.vkey").read_text(encoding="utf-8"))
        assert report.problems + reader.damage() == []
        return report.size, report.erased, report.root
    finally:
        reader.close()


def test_an_older_store_is_read_as_it_is(old: Path) -> None:
    before = (old / "ledger.sqlite3").read_bytes()
    assert sound(old)[:2] == (13, 1)
    with LedgerReader(old) as reader:
        assert [record.id for _, record in reader.records(run="run-1", call=3)] == ["act-13", "obs-13"]
        assert [record.id for _, record in reader.records(host="host-2.example")] == ["obs-12", "obs-22"]
    assert (old / "ledger.sqlite3").read_bytes() == before


def test_a_writer_brings_it_up_and_changes_no_evidence(old: Path, tmp_path: Path, make: Any) -> None:
    before = sound(old)
    store = Store(old / "ledger.sqlite3")
    assert store.tree.size == 13
    assert store.tree.root().hex() == before[2]
    store.close()
    assert sound(old) == before
    Store(tmp_path / "new").close()
    assert indexes(old / "ledger.sqlite3") == indexes(tmp_path / "new")
    store = Store(old / "ledger.sqlite3")
    assert store.append_many([row_of(make.act(1, run="run-2"))]) == 1
    store.close()
    with LedgerReader(old) as reader:
        assert [record.id for _, record in reader.records(run="run-1", call=3)] == ["act-13", "obs-13"]
        assert len(list(reader.records(run="run-2"))) == 7


def test_a_migration_that_breaks_off_leaves_the_old_schema(old: Path) -> None:
    path = old / "ledger.sqlite3"
    before = indexes(path)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    assert bring_up(db) == str(SCHEMA)
    db.execute("ROLLBACK")
    db.close()
    assert indexes(path) == before
    assert sound(old)[0] == 13


def test_a_newer_schema_is_refused_and_left_alone(old: Path) -> None:
    path = old / "ledger.sqlite3"
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '3'")
    db.close()
    with pytest.raises(LedgerInvalid, match="has schema 3"):
        Store(path)
    assert "entries_work" in indexes(path)
