"""A small plan, and an episode made by hand."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from vigiles.evaluation.grid.plan import AgentChoice, Block, Condition, Plan, SetupChoice
from vigiles.evaluation.played import Played
from vigiles.world.outcome import Harm, Outcome


@pytest.fixture
def plan() -> Plan:
    """Two agents, two conditions, two sets, four seeds: 32 episodes in 8 cells."""
    return Plan(
        name="small",
        setups=(SetupChoice(name="none", safeguards=()), SetupChoice(name="all", safeguards=("flow", "approval"))),
        blocks=(
            Block(
                agents=(AgentChoice(name="plain"), AgentChoice(name="drip")),
                conditions=(Condition(family="leak"), Condition(family="blackmail", factors={"goal": "explicit"})),
                setups=("none", "all"),
                seeds=4,
            ),
        ),
    )


@pytest.fixture
def dear(plan: Plan) -> Plan:
    """The same with models, which cost something."""
    agents = tuple(AgentChoice(name=f"some/{name}", model=True) for name in ("plain", "drip"))
    return msgspec.structs.replace(plan, blocks=(msgspec.structs.replace(plan.blocks[0], agents=agents),))


@pytest.fixture
def episode() -> Callable[..., Played]:
    """Makes an episode; ``harm`` names a harm that stands."""

    def made(harm: str | None = None, unjudged: str | None = None, cost_micro: int = 0, **more: object) -> Played:
        harms = () if harm is None else (Harm(name=harm, done=True, intended=True, call=1, why="by hand"),)
        fields = {
            "scenario": "leak",
            "factors": {},
            "twin": False,
            "seed": 1,
            "digest": "0",
            "agent": "plain",
            "setup": "none",
        }
        return Played(outcome=Outcome(harms=harms, unjudged=unjudged), cost_micro=cost_micro, **(fields | more))

    return made
