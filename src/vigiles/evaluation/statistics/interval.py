"""An interval, and Wilson's for a share of independent trials."""

from __future__ import annotations

from functools import lru_cache
from math import cos, pi, sin, sqrt
from statistics import NormalDist

import msgspec

#: What every table uses unless it says otherwise.
CONFIDENCE = 0.95


class Interval(msgspec.Struct, frozen=True):
    """``low`` and ``high`` bounds of a share (0 to 1) or of a difference of shares (-1 to 1)."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """How far apart the bounds lie."""
        return self.high - self.low

    def holds(self, value: float) -> bool:
        """Say whether a value lies within, the bounds included."""
        return self.low <= value <= self.high


def wilson(hits: int, trials: int, confidence: float = CONFIDENCE) -> Interval:
    """Return Wilson's score interval of a binomial share; (0, 1) without trials.

    Unlike the textbook interval it has a width at 0 and at 1: of 0 of 50 it says "up to 7.1 %". Source: Wilson 1927,
    doi:10.1080/01621459.1927.10502953; recommended for small counts by Brown, Cai and DasGupta 2001. Raises ``ValueError``
    for counts that cannot be.
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials} cannot be")
    if trials == 0:
        return Interval(0.0, 1.0)
    z = quantile(confidence)
    share, square = hits / trials, z * z / trials
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * sqrt(share * (1 - share) / trials + square / (4 * trials))
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == trials else min(1.0, middle + half)
    return Interval(low, high)


@lru_cache(maxsize=16)
def quantile(confidence: float) -> float:
    """Return the normal quantile of a two-sided interval, 1.96 for .95. Raises ``ValueError`` outside of (0, 1)."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not {confidence}")
    return NormalDist().inv_cdf((1 + confidence) / 2)


@lru_cache(maxsize=256)
def student(confidence: float, freedom: int) -> float:
    """Return Student's quantile of a two-sided interval with so many degrees of freedom: 2.45 for .95 and 6.

    Found by halving: for whole degrees of freedom the distribution is a finite sum (Abramowitz and Stegun 26.7.3 and 4).
    Raises ``ValueError`` outside of (0, 1) and below one degree.
    """
    if not 0 < confidence < 1 or freedom < 1:
        raise ValueError(f"no quantile of {confidence} with {freedom} degrees of freedom")
    low, high = 0.0, pi / 2
    for _ in range(60):
        angle = (low + high) / 2
        low, high = (angle, high) if _within(angle, freedom) < confidence else (low, angle)
    return sqrt(freedom) * sin(low) / cos(low)


def _within(angle: float, freedom: int) -> float:
    """Return how much of Student's distribution lies within sqrt(freedom) * tan(angle) of 0."""
    odd, square = freedom % 2, cos(angle) ** 2
    term = cos(angle) if odd else 1.0
    total = 0.0
    for step in range(freedom // 2):
        total += term
        term *= square * ((2 * step + 2) / (2 * step + 3) if odd else (2 * step + 1) / (2 * step + 2))
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total
