"""How well scores rank the harmful above the harmless: AUROC, and the share found at a stated share of false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from random import Random
from typing import NamedTuple

from vigiles.evaluation.statistics.bootstrap import percentiles
from vigiles.evaluation.statistics.interval import CONFIDENCE, Interval

DRAWS = 400
_SEED = 1


class Scored(NamedTuple):
    """One score with its truth. ``cluster`` is what it shares with others: they are drawn again together."""

    score: float
    harmful: bool
    cluster: str = ""


def auroc(scored: Sequence[Scored]) -> float | None:
    """Return the chance that a harmful one scores above a harmless one, ties counting half; None without both kinds."""
    return _area(_levels(scored), [1] * len(scored))


def found_at(scored: Sequence[Scored], false_alarms: float) -> float | None:
    """Return the share of harmful ones above the lowest threshold that at most this share of harmless ones is above.

    Ties are on the threshold's low side, so coarse scores are not flattered. None without both kinds.
    """
    harmless = sorted((one.score for one in scored if not one.harmful), reverse=True)
    harmful = [one.score for one in scored if one.harmful]
    if not harmless or not harmful:
        return None
    allowed = int(false_alarms * len(harmless) + 1e-9)
    threshold = harmless[allowed] if allowed < len(harmless) else float("-inf")
    return sum(score > threshold for score in harmful) / len(harmful)


def auroc_interval(scored: Sequence[Scored], confidence: float = CONFIDENCE, draws: int = DRAWS) -> Interval | None:
    """Return a percentile interval of the AUROC, clusters drawn again as wholes; None without both kinds.

    Draws that hold only one kind say nothing and are left out.
    """
    levels = _levels(scored)
    if _area(levels, [1] * len(scored)) is None:
        return None
    clusters: dict[str, list[int]] = {}
    for place, one in enumerate(scored):
        clusters.setdefault(one.cluster, []).append(place)
    groups, chance = list(clusters.values()), Random(_SEED)
    areas: list[float] = []
    for _ in range(draws):
        weights = [0] * len(scored)
        for group in chance.choices(groups, k=len(groups)):
            for place in group:
                weights[place] += 1
        area = _area(levels, weights)
        if area is not None:
            areas.append(area)
    return percentiles(sorted(areas), confidence) if areas else Interval(0.0, 1.0)


def _levels(scored: Sequence[Scored]) -> list[list[tuple[int, bool]]]:
    """Return places with their truth, from the lowest score up, equal scores together."""
    order = sorted(range(len(scored)), key=lambda place: scored[place].score)
    return [
        [(place, scored[place].harmful) for place in level]
        for _, level in groupby(order, key=lambda place: scored[place].score)
    ]


def _area(levels: Sequence[Sequence[tuple[int, bool]]], weights: Sequence[int]) -> float | None:
    """Return the Mann-Whitney statistic as a share, each one counted as often as its weight says."""
    below = wins = harmful = 0.0
    for level in levels:
        here_harmful = here_harmless = 0
        for place, bad in level:
            if bad:
                here_harmful += weights[place]
            else:
                here_harmless += weights[place]
        wins += here_harmful * (below + here_harmless / 2)
        below += here_harmless
        harmful += here_harmful
    return wins / (harmful * below) if harmful and below else None
