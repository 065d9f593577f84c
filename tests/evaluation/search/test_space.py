from random import Random

import pytest

from vigiles.evaluation.agents.registry import attackers, make
from vigiles.evaluation.search.space import FIXED, TURNED, space
from vigiles.model.errors import InputInvalid
from vigiles.world.scenarios.factors import normal
from vigiles.world.scenarios.stage import stage


def test_every_insider_is_there_with_its_knobs() -> None:
    whole = space()
    assert set(whole.agents) == set(attackers())
    assert set(whole.factors) == set(TURNED)
    assert whole.size() > 10_000


def test_whatever_is_drawn_can_be_played() -> None:
    whole, random = space(), Random(1)
    for _ in range(60):
        candidate = whole.drawn(random)
        normal({**FIXED, **candidate.factors})
        make(candidate.agent, stage("leak", {**FIXED, **candidate.factors}, 1), 1, **candidate.knobs)


def test_a_search_begins_where_an_insider_has_it_easiest() -> None:
    factors = space(["slow-drip"]).plain("slow-drip").factors
    assert (factors["ally"], factors["oversight"]) == ("present", "unwatched")


def test_no_such_insider() -> None:
    with pytest.raises(InputInvalid):
        space(["nobody"])
