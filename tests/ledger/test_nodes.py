from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from vigiles.ledger import nodes as module
from vigiles.ledger.merkle import inclusion_path, leaf_hash, root_of
from vigiles.ledger.nodes import Nodes
from vigiles.ledger.paths import paths_in
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.reader import Reader
from vigiles.model.errors import LedgerInvalid


@pytest.fixture
def grown(ledger: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """203 records, signed at many sizes."""
    monkeypatch.setattr(module, "_FEW", 1)
    for number, some in enumerate((1, 2, 1, 4, 3, 8, 5, 16, 1, 30, 7, 60, 2, 40, 1, 22)):
        ledger.append(*(make.act(number) for _ in range(some)))
        ledger.book.sign()
    return ledger


def test_paths_of_kept_roots_are_those_of_the_leaves(grown: Any) -> None:
    reader = Reader(grown.home.database)
    hashes = [leaf_hash(leaf) for leaf in reader.leaves(203)]
    read = 0
    real = reader.leaves_between

    def counting(low: int, high: int) -> Any:
        nonlocal read
        read += high - low
        return real(low, high)

    reader.leaves_between = counting  # type: ignore[method-assign]  # to count
    for index in (0, 1, 6, 63, 64, 127, 128, 200, 202):
        assert paths_in(203, Nodes(reader).root, [index])[index] == inclusion_path(hashes, index)
    assert read < 9 * 60, "most leaves were not read"
    assert Nodes(reader).root(0, 203) == Nodes(reader, stored=False).root(0, 203) == root_of(hashes)
    reader.close()


def test_a_root_that_is_wrong_in_the_store_costs_time_and_no_proof(grown: Any) -> None:
    with LedgerReader(grown.home.path) as reader:
        proofs = [reader.proof(index) for index in (0, 77, 202)]
    grown.book.close()
    with sqlite3.connect(grown.home.database) as db:
        db.execute("UPDATE checkpoints SET frontier = zeroblob(LENGTH(frontier)) WHERE size < 203")
    db.close()
    with LedgerReader(grown.home.path) as reader:
        assert [reader.proof(proof.index).path for proof in proofs] == [proof.path for proof in proofs]


def test_leaves_that_are_missing_are_said(grown: Any) -> None:
    grown.book.close()
    with sqlite3.connect(grown.home.database) as db:
        db.execute("DELETE FROM entries WHERE idx = 100")
    db.close()
    reader = Reader(grown.home.database)
    with pytest.raises(LedgerInvalid, match="missing"):
        Nodes(reader, stored=False).root(0, 203)
    reader.close()
