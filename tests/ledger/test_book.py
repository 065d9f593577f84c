from __future__ import annotations

from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.book import Book
from vigiles.ledger.erasure import sign_erasure
from vigiles.ledger.note import Signer
from vigiles.ledger.store import Store
from vigiles.ledger.wire import row_of
from vigiles.model.errors import InputInvalid, LedgerInvalid


def test_nothing_new_signs_nothing(ledger: Any, make: Any) -> None:
    ledger.book.sign()
    assert ledger.raw()[1] == []
    ledger.append(make.act())
    assert ledger.book.unsigned
    ledger.book.sign()
    ledger.book.sign()
    assert not ledger.book.unsigned
    assert len(ledger.raw()[1]) == 1


def test_every_record_has_its_own_secret(ledger: Any, make: Any) -> None:
    ledger.append(*[make.act(n) for n in range(50)], make.incident())
    entries, _ = ledger.raw()
    assert len({secret for _, _, secret, _ in entries}) == 51


def test_the_wrong_key_does_not_continue_a_ledger(ledger: Any, make: Any) -> None:
    ledger.append(make.act())
    ledger.book.sign()
    store = Store(ledger.home.database)
    with pytest.raises(LedgerInvalid, match="not by this home's key"):
        Book(store, Signer("other", Ed25519PrivateKey.generate()))
    store.close()


def test_what_is_not_an_ordinary_record(ledger: Any, make: Any) -> None:
    erasure = sign_erasure([0], "r", "operator", ledger.signer.private)
    assert ledger.book.refusal(row_of(erasure)) is not None
    assert ledger.book.refusal(row_of(make.act())) is None
    row = row_of(make.incident())
    assert ledger.book.refusal(row) is None
    assert ledger.book.refusal(msgspec.structs.replace(row, digests=None)) is not None
    assert ledger.book.refusal(msgspec.structs.replace(row_of(make.act()), secret=b"s" * 32, digests=[])) is not None
    assert ledger.book.refusal(msgspec.structs.replace(row_of(make.act()), digests=[])) is not None
    assert ledger.book.refusal(msgspec.structs.replace(row_of(make.act()), secret=b"s" * 32)) is not None
    unsorted = msgspec.structs.replace(row, digests=row.digests[::-1])
    assert "sorted" in (ledger.book.refusal(unsorted) or ""), "one bad row must not fail the batch of everybody"


def test_erasures_that_a_verifier_would_refuse_are_refused_first(ledger: Any, make: Any) -> None:
    alice, mallory = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    ledger.append(make.principal("alice", alice), make.principal("bob"), make.act(), make.act(), make.act())
    for indices, name, key, words in (
        ([99], "operator", None, "no body"),
        ([0], "operator", None, "never erased"),
        ([2], "operator", mallory, "not signed"),
        ([2], "alice", mallory, "not signed"),
        ([2], "bob", mallory, "not signed"),
        ([2], "carol", mallory, "not signed"),
    ):
        with pytest.raises(InputInvalid, match=words):
            ledger.erase(indices, name, key)
    assert ledger.book.size == 5
    assert ledger.erase([2, 3], "alice", alice) == 5
    assert ledger.erase([4]) == 6
    with pytest.raises(InputInvalid, match="no body"):
        ledger.erase([2])
    with pytest.raises(InputInvalid, match="never erased"):
        ledger.erase([5])
    with pytest.raises(InputInvalid, match="not an erasure"):
        ledger.book.erase(row_of(make.act()))
    odd = msgspec.structs.replace(row_of(sign_erasure([0], "r", "operator", ledger.signer.private)), digests=["a" * 43])
    with pytest.raises(InputInvalid, match="field digests"):
        ledger.book.erase(odd)
    ledger.book.sign()
    report = ledger.verify()
    assert report.problems == []
    assert report.erased == 3


def test_a_key_that_was_replaced_no_longer_erases(ledger: Any, make: Any) -> None:
    old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    ledger.append(make.principal("alice", old), make.act(), make.principal("alice", new))
    with pytest.raises(InputInvalid, match="not signed"):
        ledger.erase([1], "alice", old)
    ledger.erase([1], "alice", new)
    ledger.book.sign()
    assert ledger.verify().ok
