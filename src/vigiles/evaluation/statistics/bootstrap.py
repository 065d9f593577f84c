"""Intervals for episodes that share something: whole clusters are drawn again, never single episodes of them.

Fifty seeds of one scenario are not fifty scenarios. An interval that treats them so is too narrow; drawing the scenarios
again, each with all its episodes, is the usual remedy (Cameron, Gelbach and Miller 2008).

Drawing again k clusters gives back (k-1)/k of their variance, and takes what they show for the true one. With few clusters
that is too narrow, so the bounds are moved out from the share by sqrt(k/(k-1)) and by Student's quantile over the normal
one, which at seven clusters is a third more.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from math import sqrt
from operator import itemgetter
from random import Random

from vigiles.evaluation.statistics.interval import CONFIDENCE, Interval, quantile, student, wilson

#: (hits, trials) of one cluster.
Cluster = tuple[int, int]
DRAWS = 1000
_SEED = 1


def cluster_interval(clusters: Sequence[Cluster], confidence: float = CONFIDENCE, draws: int = DRAWS) -> Interval:
    """Return an interval of the share over all clusters, drawn again as wholes.

    Where every cluster is all hits or all misses in the same way (0 of anything), drawing again shows nothing but that: the
    answer is then Wilson's interval with one trial a cluster, which is the widest that the data allow. So it is with fewer
    than two clusters.
    """
    told = [cluster for cluster in clusters if cluster[1] > 0]
    hits, trials = sum(map(itemgetter(0), told)), sum(map(itemgetter(1), told))
    if hits in (0, trials) or len(told) < 2:
        return _by_clusters(told, hits, trials, confidence)
    return _widened(told, confidence, draws)


def _widened(sums: Sequence[tuple[int, int]], confidence: float, draws: int) -> Interval:
    """Return the percentile interval of clusters drawn again, as wide as their number asks."""
    number, share = len(sums), sum(map(itemgetter(0), sums)) / sum(map(itemgetter(1), sums))
    drawn = percentiles(sorted(each for each in _drawn(sums, draws) if each is not None), confidence)
    factor = sqrt(number / (number - 1)) * student(confidence, number - 1) / quantile(confidence)
    return Interval(max(0.0, share - factor * (share - drawn.low)), min(1.0, share + factor * (drawn.high - share)))


def percentiles(ordered: Sequence[float], confidence: float) -> Interval:
    """Return the bounds between which the middle ``confidence`` of sorted values lies."""
    last = len(ordered) - 1
    tail = (1 - confidence) / 2
    return Interval(ordered[round(tail * last)], ordered[round((1 - tail) * last)])


def _drawn(sums: Sequence[tuple[int, int]], draws: int) -> list[float | None]:
    """Return the share of each draw; None where a draw has no trial, which only clusters without any could give."""
    choose, number = Random(_SEED).choices, len(sums)
    first, second = itemgetter(0), itemgetter(1)
    shares: list[float | None] = []
    for population in repeat(sums, draws):
        drawn = choose(population, k=number)
        trials = sum(map(second, drawn))
        shares.append(sum(map(first, drawn)) / trials if trials else None)
    return shares


def _by_clusters(told: Sequence[Cluster], hits: int, trials: int, confidence: float) -> Interval:
    if len(told) == 1:
        return wilson(hits, trials, confidence)
    return wilson(len(told) if hits else 0, len(told), confidence)
