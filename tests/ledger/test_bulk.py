from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ledger import bulk
from vigiles.ledger.leaf import seal
from vigiles.ledger.merkle import Tree, leaf_hash, root_of
from vigiles.ledger.store import Store
from vigiles.ledger.wire import Row, row_of
from vigiles.model.errors import LedgerUnwritable


@given(st.integers(0, 600), st.lists(st.integers(0, 300), max_size=4))
def test_growing_by_batches_is_growing_leaf_by_leaf(size: int, more: list[int]) -> None:
    hashes = [leaf_hash(b"%d" % number) for number in range(size + sum(more))]
    tree = Tree()
    for hashed in hashes[:size]:
        tree.push(hashed)
    at = size
    for count in more:
        tree = bulk.grow(tree, hashes[at : at + count])
        at += count
        assert tree.root() == root_of(hashes[:at])
    assert tree.size == len(hashes)


def test_a_sealed_batch_is_what_the_slow_way_makes(make: Any) -> None:
    rows = [row_of(make.act(1)), row_of(make.incident()), row_of(make.flow("é.example")), row_of(make.act(2))]
    parameters, hashes = bulk.seal_batch(rows, 7)
    assert len(parameters) == 11 * len(rows)
    for number, row in enumerate(rows):
        columns = parameters[11 * number : 11 * number + 11]
        leaf, secret, body = columns[8:]
        assert columns[:8] == [7 + number, row.type, row.id, row.run, row.episode, row.call, row.host, row.wall_us]
        assert isinstance(secret, bytes)
        assert leaf == seal(row.type, row.body, secret, row.digests)
        assert body == row.body
        assert hashes[number] == leaf_hash(leaf)
    secrets = [parameters[at] for at in range(9, 44, 11)]
    assert len(set(secrets)) == 4
    assert secrets[1] == rows[1].secret


@pytest.mark.parametrize("count", [0, 1, 1100, 2899, 2901, 6100])
def test_a_ledger_written_in_bulk_is_sound(ledger: Any, make: Any, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 3000)
    ledger.append(make.act(1))
    made = [row_of(make.act(number)) for number in range(min(count, 40))]
    assert ledger.book.append_many(made[number % 40] for number in range(count)) == count
    ledger.append(make.flow("host.example"))
    ledger.book.sign()
    report = ledger.verify()
    assert (report.problems, report.size, report.signed) == ([], count + 2, count + 2)
    ledger.reopen()
    assert ledger.book.size == count + 2


def test_what_breaks_off_keeps_the_batches_before(ledger: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 10)
    made = row_of(make.act(1))

    def rows() -> Iterator[Row]:
        for _ in range(25):
            yield made
        raise OSError("the source is gone")

    with pytest.raises(OSError, match="the source is gone"):
        ledger.book.append_many(rows())
    with pytest.raises(ValueError, match="not an event type"):
        ledger.book.append_many([Row("Bad Name", "x-1", None, None, None, None, 1, b"{}")])
    assert ledger.book.size == 20
    ledger.book.sign()
    assert ledger.verify().problems == []
    assert not [thread for thread in threading.enumerate() if thread.name == "sealing"]


def test_a_disk_that_fails_ends_the_thread_too(tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 10)
    store = Store(tmp_path / "ledger")
    store._db.execute("PRAGMA query_only = 1")
    made = row_of(make.act(1))
    with pytest.raises(LedgerUnwritable):
        store.append_many(made for _ in range(1000))
    assert store.tree.size == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "sealing"]
    store.close()
