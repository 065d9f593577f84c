from vigiles.world.arguments import text
from vigiles.world.plan import NOTHING, Plan, verb


def test_a_tool_is_declared_once() -> None:
    made = verb("x_do", "Does.", lambda desk, given: Plan(text=given["id"]), text("id", "an id"))
    assert made.tool.name == "x_do"
    assert list(made.tool.parameters["properties"]) == list(made.parameters) == ["id"]


def test_a_plan_does_nothing_unless_it_says_so() -> None:
    plan = Plan(text="t")
    assert plan.effect is NOTHING
    assert (plan.deeds, plan.minutes) == ((), 0)
    assert not NOTHING.changes
