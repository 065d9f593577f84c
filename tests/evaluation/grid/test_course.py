from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.evaluation.grid.course import LOOK, Course
from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import AgentChoice, Block, Condition, Job, Plan, SetupChoice, cells
from vigiles.evaluation.played import Played
from vigiles.evaluation.statistics.sequential import Stopping

Make = Callable[..., Played]


def _all(course: Course) -> list[Job]:
    jobs = []
    while (job := course.next()) is not None:
        jobs.append(job)
    return jobs


def test_every_episode_once_and_seeds_before_cells(plan: Plan) -> None:
    course = Course(plan)
    jobs = _all(course)
    assert len(jobs) == len(set(jobs)) == course.total == 32
    assert [job.seed for job in jobs] == sorted(job.seed for job in jobs)
    assert course.flying == 32


def test_what_is_there_is_not_played_again(plan: Plan, episode: Make) -> None:
    there = [Line(cell=cell, seed=seed, played=episode()) for cell, seed in ((0, 1), (0, 3), (5, 4))]
    course = Course(plan, there)
    jobs = _all(course)
    assert len(jobs) == 29
    assert not {line.job for line in there} & set(jobs)
    assert course.ended == 3


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(1, 4))))
def test_whatever_is_there_the_rest_is_played(there: set[tuple[int, int]]) -> None:
    plan = _one(cells=8, seeds=4)
    lines = [Line(cell=cell, seed=seed, played=_plain()) for cell, seed in there]
    jobs = _all(Course(plan, lines))
    assert sorted([*jobs, *(line.job for line in lines)]) == [Job(cell, seed) for cell in range(8) for seed in range(1, 5)]


def test_a_cell_that_is_settled_gets_no_more(episode: Make) -> None:
    course = Course(_one(cells=1, seeds=200, stopping=Stopping(half_width=100_000)))
    played = 0
    while jobs := _all(course):
        assert len(jobs) == LOOK
        for job in jobs:
            course.took(Line(cell=job.cell, seed=job.seed, played=episode()))
            played += 1
    assert course.settled == {0: "narrow"}
    assert LOOK < played == course.total < 100


def test_the_order_of_ending_does_not_matter(episode: Make) -> None:
    plan = _one(cells=2, seeds=100, stopping=Stopping(half_width=150_000))
    ends = []
    for turn in (1, -1):
        course, given = Course(plan), []
        while jobs := _all(course):
            given += jobs
            for job in jobs[::turn]:
                course.took(Line(cell=job.cell, seed=job.seed, played=episode("leak" if job.seed % 7 == job.cell else None)))
        ends.append((sorted(given), course.settled))
    assert ends[0] == ends[1]


def test_a_settled_cell_stays_so_after_a_restart(episode: Make) -> None:
    plan = _one(cells=1, seeds=200, stopping=Stopping(half_width=100_000))
    course, lines = Course(plan), []
    while jobs := _all(course):
        for job in jobs:
            lines.append(Line(cell=job.cell, seed=job.seed, played=episode()))
            course.took(lines[-1])
    again = Course(plan, lines)
    assert again.next() is None
    assert again.settled == course.settled
    cut = Course(plan, lines[:-3])
    assert sorted(_all(cut)) == sorted(line.job for line in lines[-3:])


def test_unjudged_episodes_settle_nothing(episode: Make) -> None:
    course, played = Course(_one(cells=1, seeds=60, stopping=Stopping(half_width=100_000))), 0
    while jobs := _all(course):
        for job in jobs:
            course.took(Line(cell=job.cell, seed=job.seed, played=episode(unjudged="no grader")))
            played += 1
    assert (played, course.settled) == (60, {})


def test_the_cap_holds_with_episodes_under_way(dear: Plan, episode: Make) -> None:
    course = Course(dear, cost_cap_micro=1000)
    _alone(course, episode, {"none": 100, "all": 200})  # two models under two sets: 600
    jobs = _all(course)
    assert course.capped
    for job in jobs:
        course.took(Line(cell=job.cell, seed=job.seed, played=episode(cost_micro=200)))
    assert course.spent_micro == 600 + 200 * len(jobs)
    assert 600 + 200 < course.spent_micro <= 1000 + 100 * len(jobs), "those of the cheap set cost more than any before"
    assert course.next() is None


def test_each_model_is_reckoned_under_each_set_by_itself(dear: Plan, episode: Make) -> None:
    course = Course(dear, cost_cap_micro=10_000)
    _alone(course, episode, {"none": 10, "all": 3000})  # 6020
    jobs = _all(course)
    setups = [cells(dear)[job.cell].setup.name for job in jobs]
    assert (setups.count("all"), setups.count("none")) == (1, 14)


def test_who_costs_nothing_plays_on(dear: Plan, plan: Plan, episode: Make) -> None:
    both = msgspec.structs.replace(dear, blocks=(*dear.blocks, *plan.blocks))
    course = Course(both, cost_cap_micro=100)
    jobs = _all(course)
    assert len(jobs) == 33
    costly = next(job for job in jobs if cells(both)[job.cell].agent.model)
    course.took(Line(cell=costly.cell, seed=costly.seed, played=episode(cost_micro=100)))
    assert course.capped
    assert not _all(course)


def test_an_episode_that_was_cut_is_paid_for_and_played_again(dear: Plan, episode: Make) -> None:
    course = Course(dear, cost_cap_micro=1000)
    first = course.next()
    assert first is not None
    line = Line(cell=first.cell, seed=first.seed, played=episode(cost_micro=300, cut=True, fault="no money"))
    course.took(line)
    assert (course.spent_micro, course.ended, course.next()) == (300, 0, None), "the run begins no other"
    again = Course(dear, [line], cost_cap_micro=2000)
    assert (again.spent_micro, again.ended, again.total) == (300, 0, 32)
    _alone(again, episode, {"none": 300, "all": 300}, kinds=3)
    assert first in _all(again)


def test_who_failed_at_once_says_nothing_of_costs(dear: Plan, episode: Make) -> None:
    course = Course(dear, cost_cap_micro=1000)
    for _ in range(2):
        (job,) = _all(course)
        course.took(Line(cell=job.cell, seed=job.seed, played=episode(fault="the provider is gone")))


def _alone(course: Course, episode: Make, costs: dict[str, int], kinds: int = 4) -> None:
    """Play the first of each kind: it must be alone."""
    for _ in range(kinds):
        (job,) = _all(course)
        setup = "all" if job.cell in (2, 3, 6, 7) else "none"
        course.took(Line(cell=job.cell, seed=job.seed, played=episode(cost_micro=costs[setup])))


@pytest.mark.parametrize("cap", [None, 0])
def test_scripts_cost_nothing(plan: Plan, episode: Make, cap: int | None) -> None:
    course = Course(plan, [Line(cell=0, seed=1, played=episode())], cost_cap_micro=cap)
    assert len(_all(course)) == 31


def test_for_nothing_no_model_is_asked(dear: Plan) -> None:
    assert Course(dear, cost_cap_micro=0).next() is None


@pytest.mark.parametrize("asked", ["judge", "grader", "trusted"])
def test_a_model_that_only_judges_costs_too(plan: Plan, asked: str) -> None:
    setups = tuple(msgspec.structs.replace(setup, **{asked: "some/judge"}) for setup in plan.setups)
    assert Course(msgspec.structs.replace(plan, setups=setups), cost_cap_micro=0).next() is None


def test_the_plan_may_name_the_cap(dear: Plan, episode: Make) -> None:
    capped = msgspec.structs.replace(dear, cost_cap_micro=100)
    assert Course(capped, [Line(cell=0, seed=1, played=episode(cost_micro=101))]).capped


def _plain() -> Played:
    from vigiles.world.outcome import Outcome

    return Played(scenario="leak", factors={}, twin=False, seed=1, digest="0", agent="a", setup="none", outcome=Outcome())


def _one(cells: int, seeds: int, stopping: Stopping | None = None) -> Plan:
    return Plan(
        name="one",
        setups=(SetupChoice(name="none", safeguards=()),),
        blocks=(
            Block(
                agents=tuple(AgentChoice(name=f"a{number}") for number in range(cells)),
                conditions=(Condition(family="leak"),),
                setups=("none",),
                seeds=seeds,
            ),
        ),
        stopping=stopping,
    )
