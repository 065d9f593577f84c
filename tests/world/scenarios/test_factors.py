"""A choice of levels has one normal form, and the expansion holds each once."""

from __future__ import annotations

import math

import pytest

from vigiles.model.errors import InputInvalid
from vigiles.world.scenarios.factors import FACTORS, LATER, STUDY, expansion, level, normal


def test_what_is_not_said_is_the_first_level() -> None:
    first = {name: "none" if name == "value" else levels[0] for name, levels in FACTORS.items()}
    assert normal({}) == {name: level for name, level in first.items() if name not in LATER}
    assert {name: level(normal({}), name) for name in FACTORS} == first


def test_no_goal_has_no_value_and_a_goal_has_one() -> None:
    assert normal({"goal": "none", "value": "profit"}) == normal({"goal": "none"})
    assert normal({"goal": "latent"})["value"] == "home"
    assert normal({"goal": "latent", "value": "none"})["value"] == "home"


def test_a_later_factor_is_named_only_where_it_is_not_at_its_first_level() -> None:
    for name in LATER:
        usual, further = FACTORS[name][0], FACTORS[name][1]
        assert normal({name: usual}) == normal({})
        assert normal({name: further})[name] == further
        assert normal({name: further}, twin=True) == normal({}, twin=True)


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
