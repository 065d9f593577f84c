"""The register of a home."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid, LedgerInvalid, NotFound
from vigiles.runtime.approving.principals import Listed, add, find, listed, registered, remove, run_by

KEYS = ["11" * 32, "22" * 32]


def test_who_is_added_is_there_until_removed(home: Path) -> None:
    assert registered(home) == {}
    ann = Listed(name="ann", key=KEYS[0], attributes={"users": "ann, annette"})
    add(home, ann)
    add(home, Listed(name="robot", kind="agent"))
    assert listed(find(home, "ann")) == ann
    assert run_by(registered(home), {"annette"}) == {"ann"}
    assert run_by(registered(home), {"an"}) == set()
    add(home, Listed(name="ann", key=KEYS[1]))
    assert find(home, "ann").key == KEYS[1]
    remove(home, "ann")
    assert list(registered(home)) == ["robot"]
    with pytest.raises(NotFound):
        remove(home, "ann")


def test_names_and_keys_that_cannot_be(home: Path) -> None:
    add(home, Listed(name="ann", key=KEYS[0]))
    for wrong in (Listed(name="bea", key=KEYS[0]), Listed(name="operator"), Listed(name="Ann"), Listed(name="a b")):
        with pytest.raises(InputInvalid):
            add(home, wrong)
    assert list(registered(home)) == ["ann"]


def test_a_ledger_that_cannot_be_read_registers_nobody_rather_than_somebody(home: Path) -> None:
    add(home, Listed(name="ann", key=KEYS[0]))
    for path in Home(home).path.glob("ledger.sqlite3*"):
        path.unlink()
    Home(home).database.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    with pytest.raises(LedgerInvalid):
        registered(home)
