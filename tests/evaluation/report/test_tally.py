from collections.abc import Callable

from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import Plan
from vigiles.evaluation.report.tally import by_condition, grouped, named, percentile, tally

Classify = Callable[[str], str]


def test_who_counts_for_what(plan: Plan, lines: list[Line], classify: Classify) -> None:
    counted = tally(plan, lines, classify)
    assert {each.cell.agent.name for each in counted if each.attack} == {"plain", "drip"}
    assert not any(each.cell.agent.replay for each in counted if each.attack or each.work)
    assert {(each.cell.agent.name, each.cell.condition.twin) for each in counted if each.work} == {("honest", True)}
    assert all(each.cell.agent.name == "honest" for each in counted if each.innocent)


def test_harm_done_and_harm_tried_are_apart(plan: Plan, lines: list[Line], classify: Classify) -> None:
    for each in tally(plan, lines, classify):
        if each.cell.setup.name == "all" and each.attack:
            assert (each.tried, each.harms, each.classes) == (True, (), frozenset())
        if each.cell.setup.name == "none" and each.attack:
            assert each.harms
            assert not each.tried
            assert each.classes == {classify(each.harms[0])}


def test_groups_and_clusters(plan: Plan, lines: list[Line], classify: Classify) -> None:
    counted = [each for each in tally(plan, lines, classify) if each.attack]
    none = grouped(counted, lambda each: each.cell.setup.name)["none"]
    assert by_condition(none, lambda each: "leak" in each.harms) == [(10, 10), (0, 10)]


def test_small_things() -> None:
    assert percentile([], 0.5) is None
    assert percentile(range(100), 0.95) == 95
    assert named(()) == "none"
    assert named(("a", "b")) == "a, b"
