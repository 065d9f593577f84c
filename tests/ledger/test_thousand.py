"""A thousand random edits, cuts, swaps, re-orderings and forks of what a store holds: each is found, each fork is proved.

Whoever makes them has all but one thing: with the signing key they sign their history anew, so that the store alone is sound
again. What they have not is the checkpoint that a sink was given.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.checkpoint import Checkpoint
from vigiles.ledger.fork import Side, check_fork, compare
from vigiles.ledger.leaf import seal
from vigiles.ledger.merkle import leaf_hash, root_of
from vigiles.ledger.note import Signer
from vigiles.ledger.notes_file import append_notes, read_notes
from vigiles.ledger.verify import Entry, verify
from vigiles.model import canonical

TIMES = 1000
SIZE = 40


class Held:
    """A store's content, to be changed; ``sink`` is what a sink was given before."""

    def __init__(self, entries: list[Entry], notes: list[bytes], sink: list[bytes], signer: Signer) -> None:
        self.entries, self.notes, self.sink, self.signer = list(entries), list(notes), sink, signer

    def renumber(self) -> None:
        self.entries = [(number, *entry[1:]) for number, entry in enumerate(self.entries)]

    def sign_anew(self, *sizes: int) -> None:
        """Sign what is there now, as if nothing else had ever been."""
        self.renumber()
        hashes = [leaf_hash(leaf) for _, leaf, _, _ in self.entries]
        told = sorted({min(size, len(hashes)) for size in sizes})
        self.notes = [Checkpoint(self.signer.name, n, root_of(hashes[:n])).sign(self.signer) for n in told]


def forged(chance: random.Random) -> Entry:
    body = canonical.encode({"type": "act", "id": "act-forged", "n": chance.randrange(10**9)})
    secret = chance.randbytes(32)
    return (0, seal("act", body, secret), secret, body)


def edit(held: Held, chance: random.Random) -> None:
    at, part = chance.randrange(SIZE), chance.choice((1, 2, 3))
    entry: list[Any] = list(held.entries[at])
    data = bytearray(entry[part])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    entry[part] = bytes(data)
    held.entries[at] = (entry[0], entry[1], entry[2], entry[3])


def edit_a_note(held: Held, chance: random.Random) -> None:
    at = chance.randrange(len(held.notes))
    data = bytearray(held.notes[at])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    held.notes[at] = bytes(data)


def take_out(held: Held, chance: random.Random) -> None:
    del held.entries[chance.randrange(SIZE - 1)]
    held.renumber()


def put_in(held: Held, chance: random.Random) -> None:
    held.entries.insert(chance.randrange(SIZE), forged(chance))
    held.renumber()


def cut(held: Held, chance: random.Random) -> None:
    """The tail goes, and with it every checkpoint that covered it."""
    left = chance.randrange(1, SIZE)
    del held.entries[left:]
    held.notes = [note for note in held.notes if int(note.split(b"\n")[1]) <= left]


def cut_and_sign(held: Held, chance: random.Random) -> None:
    left = chance.randrange(1, SIZE)
    del held.entries[left:]
    held.sign_anew(left)


def swap(held: Held, chance: random.Random) -> None:
    one, other = chance.sample(range(SIZE), 2)
    held.entries[one], held.entries[other] = held.entries[other], held.entries[one]
    held.renumber()


def reorder(held: Held, chance: random.Random) -> None:
    start = chance.randrange(SIZE - 3)
    end = chance.randrange(start + 3, SIZE + 1)
    part = held.entries[start:end]
    while part == held.entries[start:end]:
        chance.shuffle(part)
    held.entries[start:end] = part
    held.renumber()


def erase(held: Held, chance: random.Random) -> None:
    at = chance.randrange(SIZE)
    held.entries[at] = (at, held.entries[at][1], None, None)


def fork(held: Held, chance: random.Random) -> None:
    """The history is rewritten from some record on, and goes on; all of it is signed with the true key."""
    at = chance.randrange(SIZE)
    length = chance.randrange(at + 1, SIZE + 20)
    held.entries[at:] = [forged(chance) for _ in range(length - at)]
    held.sign_anew(length, chance.randrange(1, length + 1))


def fork_by_order(held: Held, chance: random.Random) -> None:
    reorder(held, chance)
    held.sign_anew(len(held.entries))


KINDS: list[Callable[[Held, random.Random], None]] = [
    *(edit, edit_a_note, take_out, put_in, cut, cut_and_sign, swap, reorder, erase, fork, fork_by_order)
]
#: Those after which two signed histories exist, wherever the sink has a checkpoint of what was changed.
FORKS = (fork, fork_by_order)


def test_a_thousand_changes_are_all_found(make: Any, tmp_path: Path) -> None:
    ledger = make.ledger(tmp_path / "home")
    for number in range(SIZE):
        ledger.append(make.incident() if number == 3 else make.act(number))
        if number % 7 == 6 or number == SIZE - 1:
            ledger.book.sign()
    entries, notes = ledger.raw()
    ledger.book.close()
    append_notes(tmp_path / "sink", notes)
    sink = read_notes(tmp_path / "sink").whole
    key = str(ledger.signer.verifier)
    assert verify(entries, notes, key, elsewhere=sink).ok

    counted, missed, proved = Counter[str](), [], 0
    for seed in range(TIMES):
        chance = random.Random(seed)
        change = KINDS[seed % len(KINDS)]
        held = Held(entries, notes, sink, ledger.signer)
        while (held.entries, held.notes) == (entries, notes):
            change(held, chance)
        counted[change.__name__] += 1
        if verify(held.entries, held.notes, key, elsewhere=sink).ok:
            missed.append((seed, change.__name__))
        if change in FORKS:
            alone = verify(held.entries, held.notes, key)
            assert alone.ok, "by itself the forked store is sound: that is the point"
            sides = [Side(held.notes, [leaf_hash(leaf) for _, leaf, _, _ in held.entries]), Side(sink)]
            found = compare(sides, ledger.signer.verifier)
            if found.fork is None:  # it was rewritten after, or cut before, the sink's last look at it
                assert found.open, f"seed {seed}"
                sides.append(Side(notes, [leaf_hash(leaf) for _, leaf, _, _ in entries]))
                found = compare(sides, ledger.signer.verifier)
            assert found.fork is not None, f"seed {seed}"
            check_fork(found.fork.encode(), ledger.signer.verifier)
            proved += 1
    assert missed == []
    assert sum(counted.values()) == TIMES
    assert proved == counted["fork"] + counted["fork_by_order"] > 150
    assert min(counted.values()) >= 90


@pytest.mark.parametrize("kind", [fork, cut, cut_and_sign, fork_by_order], ids=lambda kind: kind.__name__)
def test_without_the_sink_these_would_not_be_found(make: Any, tmp_path: Path, kind: Any) -> None:
    """What the sink is for: each of these leaves a store that verifies alone."""
    ledger = make.ledger(tmp_path / "home")
    for number in range(SIZE):
        ledger.append(make.act(number))
        ledger.book.sign()
    entries, notes = ledger.raw()
    ledger.book.close()
    held = Held(entries, notes, notes, ledger.signer)
    kind(held, random.Random(1))
    key = str(ledger.signer.verifier)
    assert verify(held.entries, held.notes, key).ok
    assert not verify(held.entries, held.notes, key, elsewhere=notes).ok
