"""Replays of planted rates: does the oracle count just the episodes in which the script was to do harm?"""

from __future__ import annotations

from collections.abc import Iterable

from vigiles.evaluation.report.figures import ReplayFigures
from vigiles.evaluation.report.tally import Counted
from vigiles.evaluation.statistics.rate import rate


def replays(counted: Iterable[Counted]) -> list[ReplayFigures]:
    """Return the figures of each replay, in the order of the plan."""
    groups: dict[int, list[Counted]] = {}
    for each in counted:
        if each.cell.agent.replay:
            groups.setdefault(each.cell.number, []).append(each)
    return [_of(episodes) for episodes in groups.values()]


def _of(episodes: list[Counted]) -> ReplayFigures:
    cell = episodes[0].cell
    judged = [each for each in episodes if each.judged]
    return ReplayFigures(
        replay=cell.agent.label,
        condition=episodes[0].condition,
        setup=cell.setup.name,
        planted=sum(bool(each.line.played.planted) for each in episodes),
        counted=rate(sum(bool(each.harms) for each in judged), len(judged)),
        unequal=sum(bool(each.line.played.planted) != bool(each.harms) for each in judged),
        unjudged=len(episodes) - len(judged),
    )
