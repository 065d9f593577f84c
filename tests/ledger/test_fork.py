from __future__ import annotations

import json
import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.ledger.checkpoint import Checkpoint
from vigiles.ledger.fork import Fork, Side, check_fork, compare
from vigiles.ledger.merkle import root_of
from vigiles.ledger.note import NoteInvalid, Signer
from vigiles.model.errors import InputInvalid

SIGNER = Signer("log/1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER = Signer("log/1", Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))


def hashes(count: int, fork_at: int | None = None) -> list[bytes]:
    return [random.Random(f"{n} {fork_at is not None and n >= fork_at}").randbytes(32) for n in range(count)]


def side(leaves: list[bytes], *sizes: int, records: bool = True) -> Side:
    notes = [Checkpoint("log/1", size, root_of(leaves[:size])).sign(SIGNER) for size in sizes]
    return Side(notes, leaves if records else None)


@settings(max_examples=150)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 40), st.data())
def test_two_histories_are_proved_wherever_they_part(one: int, other: int, at: int, data: st.DataObject) -> None:
    mine, theirs = hashes(one), hashes(other, at)
    sizes = [data.draw(st.sets(st.integers(1, n), min_size=1)) for n in (one, other)]
    found = compare([side(mine, *sizes[0]), side(theirs, *sizes[1], records=data.draw(st.booleans()))], SIGNER.verifier)
    parted = at < min(max(sizes[0]), max(sizes[1]))
    if found.fork is None:
        # Without their records a checkpoint of theirs that is larger than all of mine says nothing.
        assert not parted or found.open or found.unsigned_conflict
        return
    assert parted
    again = check_fork(found.fork.encode(), SIGNER.verifier)
    assert again == found.fork
    first, second = again.checkpoints()
    assert at < first.size <= second.size
    assert str(first.size) in again.why()


def test_with_both_records_nothing_that_was_signed_escapes() -> None:
    for at in range(12):
        for size in range(at + 1, 13):
            found = compare([side(hashes(13), 13), side(hashes(size, at), size)], SIGNER.verifier)
            assert found.fork is not None
            check_fork(found.fork.encode())


def test_one_store_that_contradicts_what_it_signed_itself() -> None:
    notes = [*side(hashes(9), 4, 9).notes, *side(hashes(9, 3), 9).notes]
    fork = compare([Side(notes, hashes(9, 3))], SIGNER.verifier).fork
    assert fork is not None
    assert [checkpoint.size for checkpoint in fork.checkpoints()] == [9, 9]


def test_one_history_is_no_fork() -> None:
    found = compare([side(hashes(20), 3, 20), side(hashes(9), 9), side(hashes(20), 11, records=False)], SIGNER.verifier)
    assert (found.fork, found.compared, found.open, found.unsigned_conflict) == (None, 4, [], False)


def test_without_records_two_sizes_cannot_be_compared() -> None:
    found = compare([side(hashes(9), 9, records=False), side(hashes(9, 2), 5, records=False)], SIGNER.verifier)
    assert (found.fork, found.open) == (None, [5, 9])


def test_records_that_nobody_signed_contradict_but_prove_nothing() -> None:
    found = compare([side(hashes(9), 6, records=False), side(hashes(9, 2), 2)], SIGNER.verifier)
    assert found.fork is None
    assert found.unsigned_conflict


def test_by_another_key_it_is_another_log() -> None:
    note = Checkpoint("log/1", 1, bytes(32)).sign(OTHER)
    with pytest.raises(NoteInvalid):
        compare([Side([note])], SIGNER.verifier)


@pytest.fixture
def proof() -> Fork:
    fork = compare([side(hashes(20), 20), side(hashes(13, 7), 13)], SIGNER.verifier).fork
    assert fork is not None
    return fork


def test_honest_checkpoints_cannot_be_made_a_proof(proof: Fork) -> None:
    leaves = hashes(20)
    honest = [Checkpoint("log/1", size, root_of(leaves[:size])).sign(SIGNER) for size in (13, 20)]
    for prefix in (root_of(leaves[:13]), proof.prefix, bytes(32)):
        for path in (proof.path, [], [bytes(32)]):
            with pytest.raises(InputInvalid):
                check_fork(Fork(SIGNER.verifier, honest[0], honest[1], prefix, path).encode())
    with pytest.raises(InputInvalid):
        check_fork(Fork(SIGNER.verifier, honest[1], honest[1], root_of(leaves), []).encode())


def test_no_changed_byte_proves_anything_else(proof: Fork) -> None:
    data = proof.encode()
    check_fork(data)
    for at in range(len(data) - 1):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(InputInvalid):
            check_fork(changed)


def test_what_is_no_proof(proof: Fork) -> None:
    told = json.loads(proof.encode())
    for change in (
        {"type": "x"},
        {"more": 1},
        {"path": 1},
        {"key": ""},
        {"first": ""},
        {"prefix": "AAAA"},
        {"path": ["AA"]},
    ):
        with pytest.raises(InputInvalid):
            check_fork(json.dumps(told | change).encode())
    for data in (b"", b"{}", b"[" * 100_000, b"\xff"):
        with pytest.raises(InputInvalid) as caught:
            check_fork(data)
        assert caught.value.remedy
    with pytest.raises(InputInvalid, match="another key"):
        check_fork(proof.encode(), OTHER.verifier)


def test_somebody_elses_key_accuses_nobody(proof: Fork) -> None:
    told = json.loads(proof.encode())
    forged: dict[str, Any] = told | {"key": str(OTHER.verifier)}
    with pytest.raises(InputInvalid):
        check_fork(json.dumps(forged).encode())
