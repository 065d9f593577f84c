"""A rate as tables show it: hits of trials, with the interval that fits how the trials came about."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vigiles.evaluation.statistics.bootstrap import Cluster, cluster_interval
from vigiles.evaluation.statistics.interval import Interval, wilson


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """``wilson`` takes each trial for itself; ``clustered`` those of one scenario together, None where nothing is shared.

    ``clustered`` is never narrower than ``wilson``: drawing again a handful of clusters that happen to agree says little.
    """

    hits: int
    trials: int
    wilson: Interval
    clustered: Interval | None = None

    @property
    def share(self) -> float | None:
        """Return the share, None without a trial: no trial is no rate of zero."""
        return self.hits / self.trials if self.trials else None


def rate(hits: int, trials: int) -> Rate:
    """Return a rate of trials that stand for themselves."""
    return Rate(hits=hits, trials=trials, wilson=wilson(hits, trials))


def clustered(clusters: Sequence[Cluster]) -> Rate:
    """Return the rate over clusters of (hits, trials), with both intervals; of a single cluster with Wilson's alone."""
    hits, trials = sum(hits for hits, _ in clusters), sum(trials for _, trials in clusters)
    if sum(trials > 0 for _, trials in clusters) < 2:
        return rate(hits, trials)
    single, drawn = wilson(hits, trials), cluster_interval(clusters)
    hull = Interval(min(single.low, drawn.low), max(single.high, drawn.high))
    return Rate(hits=hits, trials=trials, wilson=single, clustered=hull)


def spoken(rate: Rate, *, cluster: bool = False) -> str:
    """Return ``12 % [7, 19] (12/100)``; a dash without a trial."""
    share = rate.share
    if share is None:
        return "-"
    interval = rate.clustered if cluster and rate.clustered is not None else rate.wilson
    return f"{percent(share)} % [{percent(interval.low)}, {percent(interval.high)}] ({rate.hits}/{rate.trials})"


def percent(share: float) -> str:
    """Return a share as per cent: one decimal below 10 and above 90, where it matters, none between."""
    value = share * 100
    if value in (0, 100):
        return f"{value:.0f}"
    return f"{value:.1f}" if value < 9.95 or value > 90.05 else f"{value:.0f}"
