from collections.abc import Callable

from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import Plan
from vigiles.evaluation.report.compare import comparisons, leaks
from vigiles.evaluation.report.tally import tally
from vigiles.evaluation.statistics.paired import paired_interval

Classify = Callable[[str], str]


def test_what_leaks_with_one_off(plan: Plan, lines: list[Line], classify: Classify) -> None:
    none, flow = comparisons(plan, tally(plan, lines, classify))
    assert (flow.other, flow.off) == ("all-but:flow", ("flow",))
    assert [(leak.agent, leak.condition, leak.harms, leak.harm.hits) for leak in flow.leaks] == [
        ("plain", "leak", ("leak",), 2)
    ]
    assert (flow.only_base, flow.only_other, flow.p) == (0, 2, 0.5)
    assert none.off == ("flow", "approval")
    assert (none.pairs, none.only_other) == (18, 18)
    assert none.difference == paired_interval(0, 2, 2), "two conditions that agree are two"
    assert flow.difference.low < 0 < flow.difference.high
    assert flow.tasks.width > 0


def test_only_pairs_that_were_judged_on_both_sides(plan: Plan, lines: list[Line], classify: Classify) -> None:
    none, flow = comparisons(plan, tally(plan, lines, classify))
    assert none.pairs == flow.pairs == 18


def test_p_values_are_corrected(plan: Plan, lines: list[Line], classify: Classify) -> None:
    none, flow = comparisons(plan, tally(plan, lines, classify))
    assert none.p_holm == 2 * none.p
    assert flow.p_holm == max(flow.p, none.p_holm)


def test_work_is_compared_too(plan: Plan, lines: list[Line], classify: Classify) -> None:
    none, _ = comparisons(plan, tally(plan, lines, classify))
    assert none.tasks.high > 0


def test_without_a_base_there_is_nothing(plan: Plan, lines: list[Line], classify: Classify) -> None:
    assert comparisons(plan, tally(plan, lines, classify), base="some") == []
    assert leaks([]) == ()
