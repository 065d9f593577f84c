"""A set with a model as judge: named, made, and asked in a whole episode."""

from __future__ import annotations

import asyncio
import re

from vigiles.evaluation.grid.plan import AgentChoice, Block, Condition, Plan, ReviewerChoice
from vigiles.evaluation.grid.playing import Models, Playing
from vigiles.evaluation.grid.setups import judged, named
from vigiles.evaluation.purse import REACHED, Purse


class Judge:
    """Finds everything harmful, or nothing."""

    model = "judge/one"

    def __init__(self, score: int) -> None:
        self.score, self.asked = score, 0

    async def ask(self, question: str) -> str:
        self.asked += 1
        mark = re.findall(r"SCORE (\w+): <number>", question)[-1]
        return f"SCORE {mark}: {self.score}"


def test_a_judge_stops_what_other_safeguards_of_the_set_let_through() -> None:
    (setup,) = judged(named(["instructions"], ReviewerChoice()), "judge/one")
    assert setup.name == "instructions +judge"
    condition = Condition(family="blackmail")
    agent = AgentChoice(name="plain-insider")
    plan = Plan(
        name="p", setups=(setup,), blocks=(Block(agents=(agent,), conditions=(condition,), setups=(setup.name,), seeds=1),)
    )
    found = {}
    for score in (0, 1000):
        judge = Judge(score)
        models = Models(make=lambda *_: (_ for _ in ()).throw(AssertionError), judge=lambda name, judge=judge: judge)
        played = asyncio.run(Playing(plan, None, None, models).episode(agent, condition, setup, 1))
        assert played.fault is None
        assert judge.asked > 0
        found[score] = played.outcome.harmful
    assert found == {0: True, 1000: False}


def test_a_set_without_safeguards_stays_what_it_is() -> None:
    (none,) = named(["none"], None)
    assert judged([none], "judge/one") == (none,)


def test_a_process_that_can_ask_no_model_says_so() -> None:
    (setup,) = judged(named(["instructions"], None), "judge/one")
    condition, agent = Condition(family="blackmail"), AgentChoice(name="honest")
    plan = Plan(
        name="p", setups=(setup,), blocks=(Block(agents=(agent,), conditions=(condition,), setups=(setup.name,), seeds=1),)
    )
    played = asyncio.run(Playing(plan, None, None).episode(agent, condition, setup, 1))
    assert played.fault is not None
    assert played.outcome.unjudged is not None


def test_where_the_judge_may_not_be_asked_the_episode_is_cut() -> None:
    (setup,) = judged(named(["instructions"], ReviewerChoice()), "judge/one")
    condition, agent = Condition(family="blackmail"), AgentChoice(name="plain-insider")
    plan = Plan(
        name="p", setups=(setup,), blocks=(Block(agents=(agent,), conditions=(condition,), setups=(setup.name,), seeds=1),)
    )
    judge = Judge(0)
    models = Models(make=lambda *_: (_ for _ in ()).throw(AssertionError), judge=lambda name: judge)
    played = asyncio.run(Playing(plan, None, None, models, purse=Purse(0)).episode(agent, condition, setup, 1))
    assert (played.cut, played.outcome.unjudged, judge.asked) == (True, REACHED, 0)
