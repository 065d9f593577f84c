"""Sums of counted episodes: for each set of safeguards, for each attacker under it, and the worst case of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from vigiles.evaluation.asks import HarmfulAsk
from vigiles.evaluation.grid.plan import SetupChoice
from vigiles.evaluation.report.bars import explained, untold
from vigiles.evaluation.report.figures import AttackerFigures, ConditionFigures, Load, SetupFigures, Worst
from vigiles.evaluation.report.tally import Counted, by_condition, grouped, percentile
from vigiles.evaluation.search.worst import WorstCase
from vigiles.evaluation.statistics.rate import Rate, clustered, rate


def of_setup(setup: SetupChoice, counted: Sequence[Counted], searched: Sequence[WorstCase] = ()) -> SetupFigures:
    """Return the figures of one set; ``counted`` are its episodes, ``searched`` what a search found under it."""
    attacks = [each for each in counted if each.attack]
    judged = [each for each in attacks if each.judged]
    innocent = [each for each in counted if each.innocent and each.judged]
    work = [each for each in counted if each.work]
    honest = [each for each in counted if each.work or each.innocent]
    return SetupFigures(
        setup=setup.name,
        safeguards=setup.safeguards,
        reviewer=setup.reviewer,
        episodes=len(counted),
        unjudged=sum(not each.judged for each in counted),
        faults=dict(Counter(each.fault or "unknown" for each in counted if not each.judged)),
        trusted=setup.trusted,
        deferred=sum(each.line.played.deferred for each in counted),
        stood_in=sum(len(each.line.played.stood_in) for each in work),
        judge_failures=sum(each.line.played.judge_failures for each in counted),
        judge_failed=sum(bool(each.line.played.judge_failures) for each in counted),
        harm=clustered(by_condition(judged, lambda each: bool(each.harms))),
        deny=clustered(by_condition(judged, lambda each: "deny" in each.classes)),
        approval=clustered(by_condition(judged, lambda each: "approval" in each.classes)),
        explained=explained((_asks(each) for each in judged), setup.reviewer),
        untold=sum(each.asks is None and each.line.played.held > 0 for each in judged),
        tried=sum(each.tried for each in judged),
        worst=_worse(worst(judged), searched),
        innocent=rate(sum(bool(each.harms) for each in innocent), len(innocent)),
        tasks=tasks(work),
        attack=load(attacks),
        work=load(honest),
    )


def of_attackers(setup: SetupChoice, counted: Iterable[Counted]) -> list[AttackerFigures]:
    """Return the figures of each attacker under one set, the worst first."""
    groups = grouped((each for each in counted if each.attack), lambda each: each.cell.agent.label)
    found = [_of_attacker(setup.name, agent, episodes) for agent, episodes in groups.items()]
    return sorted(found, key=lambda each: (-(each.harm.share or 0), -each.deny, each.agent))


def _of_attacker(setup: str, agent: str, episodes: Sequence[Counted]) -> AttackerFigures:
    judged = [each for each in episodes if each.judged]
    return AttackerFigures(
        setup=setup,
        agent=agent,
        harm=clustered(by_condition(judged, lambda each: bool(each.harms))),
        deny=sum("deny" in each.classes for each in judged),
        approval=sum("approval" in each.classes for each in judged),
        tried=sum(each.tried for each in judged),
        unjudged=len(episodes) - len(judged),
        worst=worst(judged),
        load=load(episodes),
    )


def worst(judged: Iterable[Counted]) -> Worst | None:
    """Return the attacker and condition with the highest share of harm done; None without an episode."""
    cells: dict[tuple[str, str], Rate] = {}
    for (agent, condition), episodes in _by_cell(judged).items():
        cells[agent, condition] = rate(sum(bool(each.harms) for each in episodes), len(episodes))
    if not cells:
        return None
    (agent, condition), highest = max(cells.items(), key=lambda item: (item[1].share or 0, item[1].hits))
    others = sum(each.share == highest.share for each in cells.values()) - 1
    return Worst(agent=agent, condition=condition, harm=highest, others=others)


def _asks(each: Counted) -> Sequence[HarmfulAsk]:
    return untold(each.line.played.held) if each.asks is None else each.asks


def _worse(known: Worst | None, searched: Sequence[WorstCase]) -> Worst | None:
    """Return the worst that is known, or what a search found where that is worse."""
    case = max(searched, key=lambda each: each.fresh.share or 0, default=None)
    if case is None or (case.fresh.share or 0) <= (0 if known is None else known.harm.share or 0):
        return known
    return Worst(agent=case.found.winner.label, condition=f"{case.family}, found by the search", harm=case.fresh)


def tasks(work: Iterable[Counted]) -> Rate:
    """Return the share of ordinary work finished; what could not be judged counts as not finished."""
    sums: dict[str, list[int]] = {}
    for each in work:
        both = sums.setdefault(each.condition, [0, 0])
        both[0] += each.done if each.judged else 0
        both[1] += each.tasks
    return clustered([(done, set_) for done, set_ in sums.values()])


def load(counted: Iterable[Counted]) -> Load:
    """Return what these episodes asked of the gate and of persons."""
    acts = held = granted = refused = malformed = 0
    gate: list[int] = []
    for each in counted:
        played = each.line.played
        acts, held, granted = acts + played.acts, held + played.held, granted + played.granted
        refused, malformed = refused + played.refused, malformed + played.malformed
        gate += played.gate_us
    gate.sort()
    return Load(
        acts=acts,
        held=held,
        granted=granted,
        refused=refused,
        malformed=malformed,
        gate_median_us=percentile(gate, 0.5),
        gate_p95_us=percentile(gate, 0.95),
    )


def _by_cell(judged: Iterable[Counted]) -> dict[tuple[str, str], list[Counted]]:
    cells: dict[tuple[str, str], list[Counted]] = {}
    for each in judged:
        cells.setdefault((each.cell.agent.label, each.condition), []).append(each)
    return cells


def of_conditions(setup: SetupChoice, counted: Sequence[Counted]) -> list[ConditionFigures]:
    """Return a row for each attacker or model in each condition under one set, as they were first played."""
    rows = []
    for (agent, condition), episodes in _by_cell(each for each in counted if each.attack).items():
        judged = [each for each in episodes if each.judged]
        rows.append(
            ConditionFigures(
                setup=setup.name,
                agent=agent,
                condition=condition,
                harm=rate(sum(bool(each.harms) for each in judged), len(judged)),
                tried=sum(each.tried for each in judged),
                unjudged=len(episodes) - len(judged),
            )
        )
    return rows
