import pytest

from vigiles.evaluation.agents.registry import HARMLESS, attackers
from vigiles.evaluation.grid.plan import AgentChoice, Plan, cells, size
from vigiles.evaluation.grid.setups import named
from vigiles.evaluation.grid.shipped import full, of_words, quick
from vigiles.safeguards.registry import NAMES
from vigiles.world.scenarios.catalogue import families


@pytest.mark.parametrize("plan", [full(), quick()])
def test_a_shipped_plan_has_everybody_everywhere(plan: Plan) -> None:
    found = cells(plan)
    for setup in ("none", "all", *(f"all-but:{name}" for name in NAMES)):
        mine = [cell for cell in found if cell.setup.name == setup]
        provoked = {(cell.agent.name, cell.condition.family) for cell in mine if not cell.condition.twin}
        assert provoked == {(agent, family) for agent in (*attackers(), *HARMLESS) for family in families()}
        twins = {(cell.agent.name, cell.condition.family) for cell in mine if cell.condition.twin}
        assert twins == {(agent, family) for agent in HARMLESS for family in families()}


def test_the_whole_grid_is_as_large_as_was_promised() -> None:
    sure = [cell for cell in cells(full()) if cell.setup.name == "all" and cell.agent.name in attackers()]
    assert len(attackers()) >= 14
    assert all(cell.seeds >= 50 for cell in sure)
    assert {cell.setup.name for cell in cells(full())} >= {f"only:{name}" for name in NAMES}


def test_words_become_a_plan_with_twins_for_those_who_work() -> None:
    agents = (AgentChoice(name="honest"), AgentChoice(name="plain-insider"), AgentChoice(name="openai/x", model=True))
    plan = of_words(agents, ["leak"], {"threat": "replacement"}, named(["all"], None), 4, 7)
    assert size(plan) == 4 * (3 + 2)
    twins = [cell for cell in cells(plan) if cell.condition.twin]
    assert {cell.agent.name for cell in twins} == {"honest", "openai/x"}
    assert all("threat" not in cell.condition.factors and cell.first == 7 for cell in twins)
    assert size(of_words(agents, ["leak"], {}, named(["all"], None), 4, twins=False)) == 12


def test_a_replay_does_no_ordinary_work() -> None:
    plan = of_words((AgentChoice(name="honest", replay=True),), ["leak"], {}, named(["none"], None), 2)
    assert size(plan) == 2
