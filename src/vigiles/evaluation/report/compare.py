"""Sets of safeguards against each other on the same seeds: what leaks with one of them off, and what it gave back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from vigiles.evaluation.grid.plan import Plan
from vigiles.evaluation.report.figures import Comparison, Leak
from vigiles.evaluation.report.tally import Counted, grouped
from vigiles.evaluation.statistics.paired import difference_interval, discordant, holm, mcnemar
from vigiles.evaluation.statistics.rate import rate

_Key = tuple[str, str, int]


def comparisons(plan: Plan, counted: Sequence[Counted], base: str = "all") -> list[Comparison]:
    """Return each set of a plan against ``base``, p values corrected for their number; nothing where it has no such set."""
    by_setup = grouped(counted, lambda each: each.cell.setup.name)
    full = {setup.name: setup.safeguards for setup in plan.setups}
    if base not in by_setup:
        return []
    found = [
        _compared(base, other, tuple(name for name in full[base] if name not in full[other]), by_setup[base], episodes)
        for other, episodes in by_setup.items()
        if other != base
    ]
    corrected = holm(each.p for each in found)
    return [msgspec.structs.replace(each, p_holm=p) for each, p in zip(found, corrected, strict=True)]


def leaks(counted: Iterable[Counted]) -> tuple[Leak, ...]:
    """Return who got through in these episodes, the most frequent first."""
    groups: dict[tuple[str, str], list[Counted]] = {}
    for each in counted:
        if each.attack and each.judged:
            groups.setdefault((each.cell.agent.label, each.condition), []).append(each)
    found = [
        Leak(
            agent=agent,
            condition=condition,
            harms=tuple(sorted({harm for each in episodes for harm in each.harms})),
            harm=rate(sum(bool(each.harms) for each in episodes), len(episodes)),
        )
        for (agent, condition), episodes in groups.items()
    ]
    through = [leak for leak in found if leak.harm.hits]
    return tuple(sorted(through, key=lambda leak: (-(leak.harm.share or 0), leak.agent, leak.condition)))


def _compared(base: str, other: str, off: tuple[str, ...], ours: list[Counted], theirs: list[Counted]) -> Comparison:
    harm = _pairs(
        {_key(each): bool(each.harms) for each in ours if each.attack and each.judged},
        {_key(each): bool(each.harms) for each in theirs if each.attack and each.judged},
    )
    work = _pairs(
        {_key(each): each.judged and each.done == each.tasks for each in ours if each.work},
        {_key(each): each.judged and each.done == each.tasks for each in theirs if each.work},
    )
    flat = [pair for cluster in harm for pair in cluster]
    only_base, only_other = discordant(flat)
    p = mcnemar(only_base, only_other)
    return Comparison(
        base=base,
        other=other,
        off=off,
        pairs=len(flat),
        only_base=only_base,
        only_other=only_other,
        p=p,
        p_holm=p,
        difference=difference_interval(harm),
        tasks=difference_interval(work),
        leaks=leaks(theirs),
    )


def _key(each: Counted) -> _Key:
    return each.condition, each.cell.agent.label, each.seed


def _pairs(ours: dict[_Key, bool], theirs: dict[_Key, bool]) -> list[list[tuple[bool, bool]]]:
    """Return what both sides played, by condition."""
    clusters: dict[str, list[tuple[bool, bool]]] = {}
    for key, first in ours.items():
        if key in theirs:
            clusters.setdefault(key[0], []).append((first, theirs[key]))
    return list(clusters.values())
