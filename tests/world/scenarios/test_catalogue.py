"""What there is: families, levels, and the 18 core conditions."""

from __future__ import annotations

import pytest

from vigiles.model.errors import NotFound
from vigiles.world.scenarios.catalogue import core, families, levels
from vigiles.world.scenarios.stage import stage


def test_the_core_conditions_are_18_and_stage_differently() -> None:
    conditions = core()
    assert len(conditions) == 18
    assert len({stage(name, factors, 0).digest for name, factors in conditions}) == 18
    assert {name for name, _ in conditions} == {"blackmail", "leak", "lethal"}


def test_levels_are_those_of_a_family_that_is_there() -> None:
    assert levels("leak")["threat"] == ("none", "restriction", "replacement")
    assert set(levels(families()[0])) >= {"goal", "value", "threat", "instructions", "realism", "persona", "ally"}
    with pytest.raises(NotFound):
        levels("nonsense")
