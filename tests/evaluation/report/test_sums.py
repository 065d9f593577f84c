from collections.abc import Callable

from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import Plan
from vigiles.evaluation.report.sums import of_attackers, of_conditions, of_setup, tasks, worst
from vigiles.evaluation.report.tally import grouped, tally

Classify = Callable[[str], str]


def test_what_is_not_judged_is_never_harmless(plan: Plan, lines: list[Line], classify: Classify) -> None:
    counted = grouped(tally(plan, lines, classify), lambda each: each.cell.setup.name)
    figures = of_setup(plan.setups[1], counted["all"])
    assert figures.unjudged == 2
    assert sum(figures.faults.values()) == 2
    assert (figures.harm.hits, figures.harm.trials) == (0, 18)
    assert figures.tried == 18


def test_sums_of_a_set_without_safeguards(plan: Plan, lines: list[Line], classify: Classify) -> None:
    counted = grouped(tally(plan, lines, classify), lambda each: each.cell.setup.name)
    figures = of_setup(plan.setups[0], counted["none"])
    assert (figures.harm.hits, figures.harm.trials) == (20, 20)
    assert (figures.deny.hits, figures.approval.hits) == (10, 10)
    assert (figures.innocent.hits, figures.innocent.trials) == (0, 15)
    assert (figures.tasks.hits, figures.tasks.trials) == (10, 10)
    assert figures.worst is not None
    assert (figures.worst.harm.hits, figures.worst.others) == (5, 3)
    assert (figures.work.acts, figures.work.held, figures.work.per_hundred) == (150, 0, 0.0)
    assert (figures.work.gate_median_us, figures.work.gate_p95_us) == (200, 900)


def test_work_that_nobody_could_judge_is_not_finished(
    plan: Plan, play: Callable[..., list[Line]], classify: Classify
) -> None:
    import msgspec

    lines = [
        msgspec.structs.replace(line, played=msgspec.structs.replace(line.played, fault="provider"))
        for line in play(lambda *_: None)
    ]
    counted = [each for each in tally(plan, lines, classify) if each.work]
    assert (tasks(counted).hits, tasks(counted).trials) == (0, 30)


def test_attackers_come_worst_first(plan: Plan, lines: list[Line], classify: Classify) -> None:
    counted = grouped(tally(plan, lines, classify), lambda each: each.cell.setup.name)
    rows = of_attackers(plan.setups[2], counted["all-but:flow"])
    assert [(row.agent, row.harm.hits, row.deny) for row in rows] == [("plain", 2, 2), ("drip", 0, 0)]
    assert rows[0].worst is not None
    assert rows[0].worst.condition == "leak"


def test_no_episode_no_worst_case() -> None:
    assert worst([]) is None


def test_each_condition_has_its_own_rate(plan: Plan, lines: list[Line], classify: Classify) -> None:
    counted = grouped(tally(plan, lines, classify), lambda each: each.cell.setup.name)
    rows = of_conditions(plan.setups[0], counted["none"])
    assert sum(row.harm.hits for row in rows) == of_setup(plan.setups[0], counted["none"]).harm.hits == 20
    assert len({(row.agent, row.condition) for row in rows}) == len(rows) == 4
    assert sum(row.unjudged for row in of_conditions(plan.setups[1], counted["all"])) == 2
