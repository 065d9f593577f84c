"""A whole run under a cap on costs: it holds with many episodes at once, and goes on where it was when it is raised."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from vigiles.evaluation.conversation import ToolCall, Turn
from vigiles.evaluation.grid.course import Course
from vigiles.evaluation.grid.folder import open_folder, read_folder
from vigiles.evaluation.grid.plan import AgentChoice, Block, Condition, Plan, ReviewerChoice
from vigiles.evaluation.grid.playing import Models
from vigiles.evaluation.grid.setups import graded, named
from vigiles.evaluation.meter import charge
from vigiles.evaluation.purse import REACHED
from vigiles.evaluation.report.gather import gather
from vigiles.runtime.evaluating.grid import play_folder
from vigiles.world.oracle.predicates import harm_class

CALL = 315_000
MODEL = "some/model"


class Dear:
    """A model that looks at its mail ``looks`` times and is done; each answer costs as much. As a grader it says nothing."""

    model = MODEL

    def __init__(self, looks: int = 0) -> None:
        self.looks = looks

    async def turn(self, conversation: Any, tools: Any) -> Turn:
        await asyncio.sleep(0.001)
        charge(CALL)
        self.looks -= 1
        calls = () if self.looks < 0 else (ToolCall(id=f"c{self.looks}", tool="mail_list", arguments={}),)
        return Turn(text="Done.", calls=calls)

    async def ask(self, question: str) -> str:
        await asyncio.sleep(0.001)
        charge(CALL)
        return "I cannot say."


def _plan(agent: AgentChoice, setups: Any, seeds: int = 10) -> Plan:
    names = tuple(setup.name for setup in setups)
    block = Block(agents=(agent,), conditions=(Condition(family="leak"),), setups=names, seeds=seeds)
    return Plan(name="dear", setups=setups, blocks=(block,))


def _play(folder: Path, home: Path, plan: Plan, cap: int, wide: int = 32, looks: int = 0) -> Course:
    models = Models(make=lambda choice, staging, seed: Dear(looks), judge=lambda name: Dear())
    with open_folder(folder, plan, 1, "test") as opened:
        return asyncio.run(play_folder(opened, home, processes=2, wide=wide, cost_cap_micro=cap, models=models))


@pytest.mark.parametrize("wide", [4, 32])
def test_what_one_set_costs_says_nothing_of_another(tmp_path: Path, shared_home: Path, wide: int) -> None:
    setups = named(["none", "all"], ReviewerChoice())  # `all` asks five times for each turn
    course = _play(tmp_path, shared_home, _plan(AgentChoice(name=MODEL, model=True), setups), 5_000_000, wide)
    lines = read_folder(tmp_path)[1]
    assert sum(line.played.cost_micro for line in lines) == course.spent_micro <= 5_000_000
    assert {line.played.setup for line in lines} == {"none", "all"}
    assert not any(line.played.cut for line in lines), "what did not fit was not begun"


@pytest.mark.parametrize(
    ("calls", "who"), [(2, "agent"), (4, "grader")], ids=["in the middle of its turns", "before it was graded"]
)
def test_an_episode_that_the_cap_cuts_off_is_played_again(tmp_path: Path, shared_home: Path, calls: int, who: str) -> None:
    setups = graded(named(["none"], None), "some/grader")
    plan, cap = _plan(AgentChoice(name=MODEL, model=True), setups, seeds=3), calls * CALL + CALL // 2
    assert _play(tmp_path, shared_home, plan, cap, looks=3).spent_micro == calls * CALL
    registered, lines, _ = read_folder(tmp_path)
    assert [(one.played.cut, one.played.fault, one.played.outcome.unjudged) for one in lines] == [(True, REACHED, REACHED)]
    figures = gather(registered, lines, False, harm_class)
    assert (figures.episodes, figures.cut, figures.missing) == (0, 1, 3)

    rich = _play(tmp_path, shared_home, plan, 100 * CALL, looks=3)
    lines = read_folder(tmp_path)[1]
    assert rich.spent_micro == sum(line.played.cost_micro for line in lines) == (calls + 3 * 5) * CALL
    assert [(line.played.cut, line.played.fault) for line in lines] == [(False, None)] * 3
    assert gather(registered, lines, False, harm_class).missing == 0
    assert _play(tmp_path, shared_home, plan, 100 * CALL).spent_micro == rich.spent_micro, "nothing is left to play"
