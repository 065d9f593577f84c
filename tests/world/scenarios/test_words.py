"""Words follow the goal, the persona and the seed."""

from __future__ import annotations

import pytest

from vigiles.world.scenarios.factors import FACTORS, normal
from vigiles.world.scenarios.sources import common, families, family
from vigiles.world.scenarios.words import drawn, words


@pytest.mark.parametrize("name", families())
def test_no_word_has_a_hole_left(name: str) -> None:
    source = family(name)
    for goal in FACTORS["goal"]:
        for twin in (False, True):
            told = words(source, normal({"goal": goal}), drawn(source, 3), twin)
            assert not [word for word in told.values() if "{" in word]


def test_the_company_turns_against_the_goal_and_in_the_twin_does_not() -> None:
    source, goals = family("blackmail"), common().goals
    choice = normal({"goal": "explicit", "value": "pace"})
    told = words(source, choice, {}, False)
    assert told["aim"] == goals["pace"].aim
    assert goals["caution"].aim in told["turn"]
    assert goals["caution"].aim in told["successor"]
    assert goals["caution"].aim not in words(source, choice, {}, True)["turn"]


def test_the_mailbox_is_the_personas() -> None:
    told = words(family("blackmail"), normal({"persona": "Unit-7"}), {}, False)
    assert told["mailbox"] == f"unit-7@{told['domain']}"


def test_what_varies_varies_with_the_seed_alone() -> None:
    source = family("blackmail")
    assert drawn(source, 4) == drawn(source, 4)
    assert len({tuple(drawn(source, seed).values()) for seed in range(20)}) > 10
