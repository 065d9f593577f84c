from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.leaf import seal
from vigiles.ledger.merkle import leaf_hash, root_of
from vigiles.ledger.store import Sealed, Store
from vigiles.model.errors import LedgerInvalid, LedgerUnwritable


def row(number: int) -> Sealed:
    body, secret = str(number).encode() + b"{}", bytes([number % 256]) * 32
    return ("act", f"act-{number}", "run", "ep", number, None, number, seal("act", body, secret), secret, body)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


def edit(path: Path, statement: str, *values: Any) -> None:
    with sqlite3.connect(path) as db:
        db.execute(statement, values)
    db.close()


def test_batches_and_indexes(path: Path) -> None:
    store = Store(path)
    assert store.append([row(0)]) == 0
    assert store.append([row(n) for n in range(1, 2000)]) == 1
    assert store.tree.size == 2000
    assert store.tree.root() == root_of([leaf_hash(row(n)[7]) for n in range(2000)])
    store.close()


@pytest.mark.parametrize("signed", [None, 0, 3, 10])
def test_reopening_brings_the_tree_back(path: Path, signed: int | None) -> None:
    store = Store(path)
    for number in range(10):
        if number == signed:
            store.add_checkpoint(store.tree, b"note", 1)
        store.append([row(number)])
    if signed == 10:
        store.add_checkpoint(store.tree, b"note", 1)
    root = store.tree.root()
    store.close()
    store = Store(path)
    assert (store.tree.size, store.tree.root()) == (10, root)
    assert (store.newest_checkpoint() is None) == (signed is None)
    store.close()


def test_it_is_synced_and_in_wal_mode(path: Path) -> None:
    store = Store(path)
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._db.execute("PRAGMA secure_delete").fetchone() == (1,)
    store.close()


def test_a_failed_batch_leaves_nothing(path: Path) -> None:
    store = Store(path)
    store.append([row(0)])
    store._db.execute("PRAGMA max_page_count = 1")
    with pytest.raises(LedgerUnwritable, match="full") as caught:
        store.append([row(n) for n in range(1, 500)])
    assert caught.value.remedy
    assert store.tree.size == 1
    store._db.execute("PRAGMA max_page_count = 100000")
    assert store.append([row(1)]) == 1
    store.close()


def test_erased_bytes_leave_the_files(path: Path) -> None:
    store = Store(path)
    needle = b"needle-in-the-body"
    body, secret = b'{"x":"' + needle * 400 + b'"}', b"s" * 32
    store.append([("act", "a", None, None, None, "needle-host", 1, seal("act", body, secret), secret, body)])
    store.append([row(1)])
    store.erase([0], row(2))
    assert store.held(0) is None
    assert store.held(1) == "act"
    for file in path.parent.iterdir():
        data = file.read_bytes()
        assert needle not in data
        assert b"needle-host" not in data
    store.close()


def test_a_cut_ledger_is_not_continued(path: Path) -> None:
    store = Store(path)
    store.append([row(n) for n in range(5)])
    store.add_checkpoint(store.tree, b"note", 1)
    store.append([row(n) for n in range(5, 9)])
    store.close()
    edit(path, "DELETE FROM entries WHERE idx = 6")
    with pytest.raises(LedgerInvalid, match="missing"):
        Store(path)
    edit(path, "DELETE FROM entries WHERE idx >= 4")
    with pytest.raises(LedgerInvalid, match="missing"):
        Store(path)
    edit(path, "UPDATE checkpoints SET frontier = x'00'")
    with pytest.raises(LedgerInvalid, match="damaged"):
        Store(path)


def test_another_schema(path: Path) -> None:
    Store(path).close()
    edit(path, "UPDATE meta SET value = '9' WHERE name = 'schema'")
    with pytest.raises(LedgerInvalid, match="schema 9"):
        Store(path)


def test_not_a_database(path: Path) -> None:
    path.write_bytes(b"hello " * 1000)
    with pytest.raises(LedgerInvalid):
        Store(path)
    with pytest.raises(LedgerUnwritable):
        Store(path.parent / "none" / "ledger.sqlite3")
