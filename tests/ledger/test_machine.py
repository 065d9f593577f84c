"""The ledger as a state machine: whatever is done lawfully verifies, whatever is done to it unlawfully does not."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from vigiles.ledger.verify import Entry, verify
from vigiles.model.errors import InputInvalid


class LedgerMachine(RuleBasedStateMachine):
    make: ClassVar[Any]

    @initialize()
    def start(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.ledger = self.make.ledger(Path(self.directory.name) / "home")
        self.written = 0
        self.erased: set[int] = set()
        self.kept: list[bytes] = []

    @rule(count=st.integers(1, 5), incidents=st.booleans())
    def append(self, count: int, incidents: bool) -> None:
        records = [self.make.incident() if incidents else self.make.act(n) for n in range(count)]
        assert self.ledger.append(*records) == self.written
        self.written += count

    @rule()
    def sign(self) -> None:
        self.ledger.book.sign()
        self.kept = self.ledger.raw()[1] or self.kept

    @precondition(lambda self: self.written)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, self.written - 1))
        try:
            self.ledger.erase([index])
        except InputInvalid:
            assert index in self.erased or self.ledger.raw()[0][index][1].find(b'"erasure"') > 0
            return
        self.erased.add(index)
        self.written += 1

    @rule()
    def restart(self) -> None:
        self.ledger.reopen()

    @precondition(lambda self: self.written and not self.ledger.book.unsigned)
    @rule(seed=st.integers(0, 2**32))
    def tamper(self, seed: int) -> None:
        entries, notes = self.ledger.raw()
        chance = random.Random(seed)
        changed = self._changed(list(entries), chance)
        if changed != entries:
            assert not verify(changed, notes, str(self.ledger.signer.verifier)).ok

    def _changed(self, entries: list[Entry], chance: random.Random) -> list[Entry]:
        position = chance.randrange(len(entries))
        index, leaf, secret, body = entries[position]
        match chance.randrange(5):
            case 0:
                del entries[position]
            case 1:
                entries.insert(chance.randrange(len(entries)), entries.pop(position))
                entries = [(n, *entry[1:]) for n, entry in enumerate(entries)]
            case 2:
                entries[position] = (index, leaf, None, None)
            case 3:
                at = chance.randrange(len(leaf))
                entries[position] = (index, leaf[:at] + bytes([leaf[at] ^ 1]) + leaf[at + 1 :], secret, body)
            case _:
                if body is not None:
                    at = chance.randrange(len(body))
                    entries[position] = (index, leaf, secret, body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :])
        return entries

    @invariant()
    def what_was_done_lawfully_verifies(self) -> None:
        report = None
        entries, notes = self.ledger.raw()
        if notes:
            report = verify(entries, notes, str(self.ledger.signer.verifier), elsewhere=self.kept)
            assert report.problems == []
            assert report.erased == len(self.erased)
        assert len(entries) == self.written == self.ledger.book.size

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.book.close()
            self.directory.cleanup()


def test_the_machine(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LedgerMachine, "make", make, raising=False)
    run_state_machine_as_test(LedgerMachine, settings=settings(max_examples=20, stateful_step_count=20, deadline=None))
