"""Landlock and seccomp on this machine, and a kernel that lacks the newer parts."""

from __future__ import annotations

import pytest

from vigiles.kernel import landlock
from vigiles.runtime.doctor import walls

pytestmark = pytest.mark.cell


def test_both_work_here() -> None:
    rows = {row.control: row for row in [*walls.landlock_rows(), *walls.seccomp_rows()]}
    assert (rows["Landlock"].state, rows["seccomp notify"].state) == ("works", "works")
    assert rows["Landlock"].detail == f"ABI {landlock.abi()}"
    assert all(row.tier in ("U-", None) for row in rows.values())


def test_what_an_older_kernel_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigiles.kernel.landlock.abi", lambda: 3)
    rows = {row.control: row for row in walls.landlock_rows()}
    assert rows["Landlock"].detail == "ABI 3"
    assert (
        rows["Landlock, newer parts"].detail == "lacks TCP ports, device ioctls, signals and abstract sockets, audit records"
    )
    assert rows["Landlock, newer parts"].tier is None


def test_a_wall_that_does_not_hold_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigiles.kernel.landlock.restrict_self", lambda _: None)
    (row, *_) = walls.landlock_rows()
    assert (row.state, row.detail) == ("missing", "it does not hold: a file could still be written")
