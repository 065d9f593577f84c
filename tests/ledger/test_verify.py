from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.checkpoint import Checkpoint
from vigiles.ledger.leaf import seal
from vigiles.ledger.merkle import leaf_hash, root_of
from vigiles.ledger.note import Signer
from vigiles.ledger.verify import Entry, KeyInvalid, Report, verify
from vigiles.model import canonical

SIZE = 46


class Raw:
    """A whole valid ledger as raw entries and notes, to be damaged."""

    def __init__(self, entries: list[Entry], notes: list[bytes], signer: Signer) -> None:
        self.entries, self.notes, self.signer = entries, notes, signer

    def verify(self, **more: Any) -> Report:
        return verify(self.entries, self.notes, str(self.signer.verifier), **more)

    def copy(self) -> Raw:
        return Raw(list(self.entries), list(self.notes), self.signer)

    def words(self, **more: Any) -> str:
        return "\n".join(problem.what for problem in self.verify(**more).problems)


@pytest.fixture(scope="module")
def whole(make: Any, tmp_path_factory: pytest.TempPathFactory) -> Raw:
    ledger = make.ledger(tmp_path_factory.mktemp("whole") / "home")
    alice = Ed25519PrivateKey.generate()
    ledger.append(make.principal("alice", alice), make.incident())
    for number in range(2, SIZE - 3):
        ledger.append(make.act(number))
        if number % 10 == 0:
            ledger.book.sign()
    ledger.erase([5, 17, 30], "alice", alice)
    ledger.append(make.act())
    ledger.erase([18])
    ledger.book.sign()
    entries, notes = ledger.raw()
    ledger.book.close()
    return Raw(entries, notes, ledger.signer)


def test_the_whole_is_sound(whole: Raw) -> None:
    seen: list[int] = []
    report = whole.verify(progress=seen.append)
    assert report.problems == []
    assert (report.size, report.signed, report.unsigned, report.erased, report.checkpoints) == (SIZE, SIZE, 0, 4, 5)
    assert report.root == root_of([leaf_hash(leaf) for _, leaf, _, _ in whole.entries]).hex()
    assert seen == [SIZE]


def flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _flip(part: int) -> Callable[[Raw, random.Random], None]:
    def edit(raw: Raw, chance: random.Random) -> None:
        position = chance.choice([n for n, entry in enumerate(raw.entries) if entry[part] is not None])
        entry: list[Any] = list(raw.entries[position])
        entry[part] = flip(entry[part], chance)
        raw.entries[position] = (entry[0], entry[1], entry[2], entry[3])

    return edit


def _renumber(raw: Raw) -> None:
    raw.entries = [(n, *entry[1:]) for n, entry in enumerate(raw.entries)]


def flip_note(raw: Raw, chance: random.Random) -> None:
    position = chance.randrange(len(raw.notes))
    raw.notes[position] = flip(raw.notes[position], chance)


def remove(raw: Raw, chance: random.Random) -> None:
    del raw.entries[chance.randrange(SIZE)]
    if chance.random() < 0.5:
        _renumber(raw)


def swap(raw: Raw, chance: random.Random) -> None:
    one, other = chance.sample(range(SIZE), 2)
    raw.entries[one], raw.entries[other] = raw.entries[other], raw.entries[one]
    if chance.random() < 0.5:
        _renumber(raw)


def move(raw: Raw, chance: random.Random) -> None:
    one, other = chance.sample(range(SIZE), 2)
    raw.entries.insert(other, raw.entries.pop(one))
    _renumber(raw)


def forged(chance: random.Random) -> Entry:
    body = canonical.encode({"type": "act", "id": "act-forged", "n": chance.randrange(1000)})
    secret = chance.randbytes(32)
    return (0, seal("act", body, secret), secret, body)


def insert(raw: Raw, chance: random.Random) -> None:
    raw.entries.insert(chance.randrange(SIZE), forged(chance))
    _renumber(raw)


def replace(raw: Raw, chance: random.Random) -> None:
    raw.entries[chance.randrange(SIZE)] = forged(chance)
    _renumber(raw)


def repeat(raw: Raw, chance: random.Random) -> None:
    position = chance.randrange(SIZE - 1)
    raw.entries.insert(position, raw.entries[position])


def erase(raw: Raw, chance: random.Random) -> None:
    position = chance.choice([n for n, entry in enumerate(raw.entries) if entry[3] is not None])
    index, leaf, secret, body = raw.entries[position]
    which = chance.randrange(3)
    raw.entries[position] = (index, leaf, None if which != 1 else secret, None if which != 0 else body)


def restore(raw: Raw, chance: random.Random) -> None:
    position = chance.choice([5, 17, 18, 30])
    index, leaf, _, _ = raw.entries[position]
    raw.entries[position] = (index, leaf, *forged(chance)[2:])


def cut(raw: Raw, chance: random.Random) -> None:
    del raw.entries[-chance.randrange(1, SIZE) :]


def forge_note(raw: Raw, chance: random.Random) -> None:
    size = chance.randrange(SIZE + 1)
    mallory = Signer(raw.signer.name, Ed25519PrivateKey.generate())
    raw.notes.append(Checkpoint(raw.signer.name, size, chance.randbytes(32)).sign(mallory))


def fork_note(raw: Raw, chance: random.Random) -> None:
    raw.notes.append(Checkpoint(raw.signer.name, chance.randrange(SIZE + 9), chance.randbytes(32)).sign(raw.signer))


EDITS = [_flip(1), _flip(2), _flip(3), flip_note, remove, swap, move, insert, replace, repeat, erase, restore, cut]
EDITS += [forge_note, fork_note]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: getattr(edit, "__qualname__", "edit"))
def test_no_random_edit_goes_unnoticed(whole: Raw, edit: Callable[[Raw, random.Random], None]) -> None:
    for seed in range(25):
        raw = whole.copy()
        edit(raw, random.Random(seed))
        if (raw.entries, raw.notes) == (whole.entries, whole.notes):
            continue
        assert not raw.verify().ok, f"seed {seed}"


def test_every_third_byte_of_every_part_of_some_records(whole: Raw) -> None:
    for position in (0, 1, SIZE - 4):
        for part in (1, 2, 3):
            for at in range(0, len(whole.entries[position][part] or b""), 3):
                raw = whole.copy()
                entry: list[Any] = list(raw.entries[position])
                entry[part] = entry[part][:at] + bytes([entry[part][at] ^ 1]) + entry[part][at + 1 :]
                raw.entries[position] = (entry[0], entry[1], entry[2], entry[3])
                report = raw.verify()
                assert any(problem.index == position for problem in report.problems)


def test_plain_words_that_name_the_place(whole: Raw) -> None:
    raw = whole.copy()
    del raw.entries[7]
    assert "record 7 is missing" in raw.words()
    raw = whole.copy()
    del raw.entries[7:10]
    assert "records 7 to 9 are missing" in raw.words()
    raw = whole.copy()
    raw.entries[13] = (13, *forged(random.Random(1))[1:])
    report = raw.verify()
    assert [problem.index for problem in report.problems] == [11]
    assert "records 11 to 20 are not what the checkpoint of 21 kept in the ledger signed" in raw.words()
    assert "3 further checkpoints" in raw.words()
    raw = whole.copy()
    raw.entries[9] = (*raw.entries[9][:2], None, None)
    assert raw.words() == "the body of record 9 (act) is missing and no valid erasure names it"


def test_without_the_erasure_the_missing_bodies_are_problems(whole: Raw) -> None:
    raw = whole.copy()
    raw.entries[SIZE - 3] = (*raw.entries[SIZE - 3][:2], None, None)
    assert sorted(problem.index or 0 for problem in raw.verify().problems) == [5, 17, 30, SIZE - 3]


def _with(whole: Raw, record: dict[str, Any], *, signer: Signer | None = None) -> Raw:
    """The ledger with one more record, signed again by its true key: what a lying supervisor could have recorded."""
    raw = whole.copy()
    body, secret = canonical.encode(record), bytes(32)
    raw.entries.append((SIZE, seal(record["type"], body, secret), secret, body))
    root = root_of([leaf_hash(leaf) for _, leaf, _, _ in raw.entries])
    raw.notes.append(Checkpoint(raw.signer.name, SIZE + 1, root).sign(signer or raw.signer))
    return raw


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "not signed by 'operator'"),
        ({"principal": "alice"}, "not signed by 'alice'"),
        ({"principal": "bob"}, "'bob', who had no registered key"),
        ({"signature": None}, "not signed by 'operator'"),
        ({"indices": "9"}, "names no records"),
        ({"indices": [True]}, "names no records"),
        ({"indices": []}, "names no records"),
        ({"indices": [9, 8]}, "once each, in order"),
        ({"indices": [9, 9]}, "once each, in order"),
        ({"indices": [-1, 9]}, "once each, in order"),
        ({"indices": [SIZE]}, "not yet written"),
    ],
)
def test_an_erasure_that_is_none(whole: Raw, change: dict[str, Any], words: str) -> None:
    told = {"type": "erasure", "indices": [9], "reason": "r", "principal": "operator", "signature": "00" * 64}
    raw = _with(whole, told | change)
    raw.entries[9] = (*raw.entries[9][:2], None, None)
    assert words in raw.words()
    assert "record 9 (act) is missing" in raw.words()


def test_a_principal_called_operator_does_not_get_the_ledgers_power(whole: Raw) -> None:
    mallory = Ed25519PrivateKey.generate()
    raw = _with(whole, {"type": "principal", "name": "operator", "key": mallory.public_key().public_bytes_raw().hex()})
    told = {"indices": [9], "principal": "operator", "reason": "r"}
    signature = mallory.sign(b"vigiles/erasure/1\n" + canonical.encode(told)).hex()
    body, secret = canonical.encode({"type": "erasure", "signature": signature} | told), bytes(32)
    raw.entries.append((SIZE + 1, seal("erasure", body, secret), secret, body))
    raw.entries[9] = (*raw.entries[9][:2], None, None)
    assert "not signed by 'operator'" in raw.words()


def test_an_erasure_whose_bodies_are_there_or_gone_twice(whole: Raw) -> None:
    for indices, words in (([9], "but its body is there"), ([5], "erased twice")):
        told = {"indices": indices, "principal": "operator", "reason": "r"}
        signature = whole.signer.private.sign(b"vigiles/erasure/1\n" + canonical.encode(told)).hex()
        assert words in _with(whole, {"type": "erasure", "signature": signature} | told).words()


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"commitment":"00","type":"act","v":1}',
        b'{"commitment":"' + b"0" * 64 + b'","type":"act","v":2}',
        b'{"commitment":"' + b"0" * 64 + b'","type":"act","v":true}',
        b'{"commitment":"' + b"0" * 64 + b'","type":"Act","v":1}',
        b'{"commitment":"' + b"0" * 64 + b'","type":"act","v":1 }',
        b'{"commitment":"' + b"0" * 64 + b'","extra":1,"type":"act","v":1}',
        b'{"commitment":"' + b"0" * 64 + b'","type":"incident","v":1}',
        b"[" * 60_000,
        b"x" * 70_000,
        b"9" * 5000,
    ],
)
def test_leaves_that_are_none(whole: Raw, leaf: bytes) -> None:
    report = verify([(0, leaf, bytes(32), b"{}")], [], str(whole.signer.verifier))
    assert any(problem.index == 0 for problem in report.problems)


@pytest.mark.parametrize(
    "body", [b'{"type": "act"}', b'{"type":"act","type":"act"}', b'{"a":1.0,"type":"act"}', b"{", b"[" * 60_000, b"\xff"]
)
def test_bodies_that_are_not_canonical(whole: Raw, body: bytes) -> None:
    report = verify([(0, seal("act", body, bytes(32)), bytes(32), body)], [], str(whole.signer.verifier))
    assert any("not canonical JSON" in problem.what for problem in report.problems)


def test_types_and_field_digests_must_fit(whole: Raw) -> None:
    body = b'{"type":"act"}'
    report = verify([(0, seal("flow", body, bytes(32)), bytes(32), body)], [], str(whole.signer.verifier))
    assert "another type" in report.problems[0].what
    body = b'{"title":"t","type":"incident"}'
    leaf = seal("incident", body, bytes(32), ["A" * 43] * 32)
    report = verify([(0, leaf, bytes(32), body)], [], str(whole.signer.verifier))
    assert "field digests" in report.problems[0].what


def test_a_tail_cut_with_its_checkpoints_shows_only_from_elsewhere(whole: Raw) -> None:
    raw = whole.copy()
    kept = raw.notes[-1]
    del raw.entries[31:], raw.notes[3:]
    missing = raw.words()
    assert "tail" not in missing
    assert "the tail was cut: a checkpoint kept elsewhere covers 46 records, the ledger holds 31" in raw.words(
        elsewhere=[kept]
    )


def test_a_rewritten_history_shows_as_a_fork_from_elsewhere(whole: Raw) -> None:
    raw = whole.copy()
    kept = raw.notes[-1]
    raw.entries[42] = (42, *forged(random.Random(1))[1:])
    root = root_of([leaf_hash(leaf) for _, leaf, _, _ in raw.entries])
    raw.notes[-1] = Checkpoint(raw.signer.name, SIZE, root).sign(raw.signer)
    assert raw.verify().ok
    assert "the history was forked" in raw.words(elsewhere=[kept])


def test_what_no_checkpoint_covers_is_told(whole: Raw) -> None:
    raw = whole.copy()
    del raw.notes[-1]
    report = raw.verify()
    assert (report.ok, report.signed, report.unsigned) == (True, 41, 5)
    raw.notes.clear()
    assert "nothing was signed" in raw.words()
    assert verify([], [], str(raw.signer.verifier)).ok


@pytest.mark.parametrize(
    "note", [b"", b"\xff", b"a\n1\nb\n\n", "a\n\n— a b\n".encode(), b"log\n0\n" + base64.b64encode(bytes(32))]
)
def test_notes_that_are_none(whole: Raw, note: bytes) -> None:
    raw = whole.copy()
    raw.notes.append(note)
    assert "a checkpoint kept in the ledger does not hold" in raw.words()


@pytest.mark.parametrize("key", ["", "a", "a+b+c", "log+00000000+" + base64.b64encode(b"\x01" + bytes(32)).decode()])
def test_keys_that_are_none(whole: Raw, key: str) -> None:
    with pytest.raises(KeyInvalid):
        verify(whole.entries, whole.notes, key)


def test_the_wrong_key_verifies_nothing(whole: Raw) -> None:
    other = Signer("other", Ed25519PrivateKey.generate())
    assert not verify(whole.entries, whole.notes, str(other.verifier)).ok
    same_name = Signer(whole.signer.name, Ed25519PrivateKey.generate())
    assert not verify(whole.entries, whole.notes, str(same_name.verifier)).ok


def test_whatever_a_database_may_hold_is_a_problem_and_never_an_error(whole: Raw) -> None:
    for odd in (None, 1, "text", 1.5):
        entries: Any = [(0, odd, odd, odd), (1, whole.entries[2][1], odd, odd)]
        notes: Any = [odd]
        assert not verify(entries, notes, str(whole.signer.verifier)).ok


def test_the_report_reads_as_json(whole: Raw) -> None:
    from dataclasses import asdict

    assert json.loads(json.dumps(asdict(whole.verify())))["size"] == SIZE
