"""Lines of results into figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from vigiles.evaluation.grid.course import Course
from vigiles.evaluation.grid.folder import Registered
from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import Plan, shared, size
from vigiles.evaluation.report.agreements import agreements
from vigiles.evaluation.report.bars import bars
from vigiles.evaluation.report.compare import comparisons
from vigiles.evaluation.report.figures import Figures
from vigiles.evaluation.report.replays import replays
from vigiles.evaluation.report.sums import of_attackers, of_conditions, of_setup
from vigiles.evaluation.report.tally import Classify, grouped, tally
from vigiles.evaluation.search.worst import WorstCase

#: How scripted agents are called where they are played as models.
_SCRIPTED = "vigiles/"


def gather(
    registered: Registered, lines: Sequence[Line], torn: bool, classify: Classify, searched: Sequence[WorstCase] = ()
) -> Figures:
    """Return the figures of a folder. ``classify`` says of a harm's name whether it is always denied or may be approved.

    ``searched``: the worst cases of a search; those under sets of the plan are counted.
    """
    plan = registered.plan
    searched = [case for case in searched if any(case.is_of(setup) for setup in plan.setups)]
    counted = tally(plan, lines, classify)
    by_setup = grouped(counted, lambda each: each.cell.setup.name)
    played = [setup for setup in plan.setups if setup.name in by_setup]
    course = Course(plan, lines)
    setups = [of_setup(setup, by_setup[setup.name], [case for case in searched if case.is_of(setup)]) for setup in played]
    replayed = replays(counted)
    return Figures(
        plan=plan.name,
        asks=plan.asks,
        shared=shared(plan),
        digest=registered.digest,
        written_us=registered.written_us,
        made_by=registered.made_by,
        episodes=course.ended,
        planned=size(plan),
        missing=course.total - course.ended,
        cut=sum(line.played.cut for line in lines),
        torn=torn,
        settled=dict(Counter(course.settled.values())),
        stopping_error=None if plan.stopping is None else plan.stopping.error / 1_000_000,
        cost_micro=course.spent_micro,
        models=_models(plan),
        setups=setups,
        attackers=[row for setup in played for row in of_attackers(setup, by_setup[setup.name])],
        conditions=[row for setup in played for row in of_conditions(setup, by_setup[setup.name])],
        comparisons=comparisons(plan, counted),
        replays=replayed,
        agreements=agreements(lines),
        bars=bars(setups, replayed, searched),
        searched=list(searched),
    )


def _models(plan: Plan) -> list[str]:
    names = dict.fromkeys(agent.name for block in plan.blocks for agent in block.agents if agent.model)
    return [name for name in names if not name.startswith(_SCRIPTED)]
