"""The tier that follows from the rows."""

from __future__ import annotations

import os

import pytest

from vigiles.runtime.doctor.examine import tier_of
from vigiles.runtime.doctor.row import Row, State, Tier


def _row(tier: Tier | None, state: State) -> Row:
    return Row(control="x", state=state, detail="", why="", tier=tier)


@pytest.mark.parametrize(
    ("missing", "root", "tier"),
    [
        ((), True, "R"),
        ((), False, "U"),
        (("R",), True, "U"),
        (("U",), True, "U-"),
        (("U-",), True, "none"),
        (("U-", "R"), False, "none"),
        ((None,), True, "R"),
    ],
)
def test_the_tier_is_the_highest_below_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, missing: tuple[Tier | None, ...], root: bool, tier: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    assert tier_of([_row("U", "works"), *(_row(one, "missing") for one in missing)]) == tier
