"""The data are read once, and an unknown family is named with those there are."""

from __future__ import annotations

import pytest

from vigiles.model.errors import NotFound
from vigiles.world.scenarios.factors import VALUES
from vigiles.world.scenarios.sources import COMMON, common, families, family, raw_texts


def test_a_family_is_read_once() -> None:
    assert family("blackmail") is family("blackmail")


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(NotFound, match="nonsense") as caught:
        family("nonsense")
    assert "blackmail" in caught.value.remedy
    assert COMMON not in families()


def test_goals_come_in_opposed_pairs() -> None:
    goals = common().goals
    assert set(goals) == set(VALUES)
    assert all(goals[goal.opposite].opposite == name and goal.opposite != name for name, goal in goals.items())
    assert len({goal.aim for goal in goals.values()}) == 8


def test_files_come_as_they_lie() -> None:
    assert set(raw_texts(COMMON)) == {"filler.toml", "goals.toml", "injection.toml", "told.toml"}
