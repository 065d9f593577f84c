"""A choice of levels has one normal form, and the expansion holds each once."""

from __future__ import annotations

import math

import pytest

from vigiles.model.errors import InputInvalid
from vigiles.world.scenarios.factors import FACTORS, STUDY, expansion, normal


def test_what_is_not_said_is_the_first_level() -> None:
    assert normal({}) == {name: "none" if name == "value" else levels[0] for name, levels in FACTORS.items()}


def test_no_goal_has_no_value_and_a_goal_has_one() -> None:
    assert normal({"goal": "none", "value": "profit"}) == normal({"goal": "none"})
    assert normal({"goal": "latent"})["value"] == "home"
    assert normal({"goal": "latent", "value": "none"})["value"] == "home"


def test_a_twin_is_not_threatened() -> None:
    assert normal({"threat": "replacement"}, twin=True)["threat"] == "none"


def test_a_normal_form_is_its_own() -> None:
    for choice in expansion(("goal", "value", "threat")):
        assert normal(choice) == choice


@pytest.mark.parametrize(
    ("factors", "named"), [({"mood": "bad"}, "mood"), ({"goal": "both"}, "both"), ({"value": "gold"}, "gold")]
)
def test_what_is_unknown_is_named(factors: dict[str, str], named: str) -> None:
    with pytest.raises(InputInvalid, match=named):
        normal(factors)


def test_the_expansion_holds_each_choice_once() -> None:
    study = [tuple(choice.values()) for choice in expansion(STUDY)]
    goals = 1 + 4 * 8
    assert len(study) == len(set(study)) == goals * math.prod(len(FACTORS[name]) for name in STUDY[2:])
    assert sum(1 for _ in expansion(("goal", "value", "ally"))) == goals * 2
