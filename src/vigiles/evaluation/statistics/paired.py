"""Did switching a safeguard change anything? The same seeds are played with and without it, and the pairs are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import comb, sqrt

from vigiles.evaluation.statistics.interval import CONFIDENCE, Interval, quantile, student


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p value that both sides are alike, from the pairs in which they differ.

    ``only_first`` and ``only_second`` count pairs in which just that side had the event. The binomial test of McNemar 1947,
    exact: no approximation is needed for any count. 1.0 where no pair differs. Raises ``ValueError`` for negative counts.
    """
    if only_first < 0 or only_second < 0:
        raise ValueError("counts are not negative")
    differing, fewer = only_first + only_second, min(only_first, only_second)
    if only_first == only_second:
        return 1.0
    tail = sum(comb(differing, number) for number in range(fewer + 1))
    # A quotient of whole numbers: with thousands of pairs neither fits into a float by itself.
    return (
        min(1.0, 2 * tail / (1 << differing)) if differing < 1000 else min(1.0, (tail << 65) // (1 << differing) / (1 << 64))
    )


def difference_interval(clusters: Iterable[Sequence[tuple[bool, bool]]], confidence: float = CONFIDENCE) -> Interval:
    """Return Tango's interval of (share of second) - (share of first), for as many pairs as the clusters are worth.

    ``clusters`` hold what both sides did on the same seeds. Pairs of one scenario go together: they say no more than a
    smaller number of single ones would, by the ratio of the variance between clusters to that of single pairs (the design
    effect), here with Student's quantile for their number (Korn and Graubard 1998) and never less than 1. Where all pairs
    differ in the same way, or none does, clusters show no variance: each then counts as one pair, which is the widest that
    the data allow. A single cluster tells nothing of others; its pairs stand for themselves. (-1, 1) without any pair.
    """
    told = [cluster for cluster in clusters if cluster]
    flat = [pair for cluster in told for pair in cluster]
    first, second = discordant(flat)
    pairs, number = len(flat), len(told)
    if number < 2:
        return paired_interval(first, second, pairs, confidence)
    seen = (second - first) / pairs
    single = ((first + second) / pairs - seen * seen) / pairs
    if not single:
        return paired_interval(first * number / pairs, second * number / pairs, number, confidence)
    off = (sum(after - before for before, after in cluster) - seen * len(cluster) for cluster in told)
    between = number / (number - 1) * sum(each * each for each in off) / pairs**2
    effect = max(1.0, between / single * (student(confidence, number - 1) / quantile(confidence)) ** 2)
    return paired_interval(first / effect, second / effect, pairs / effect, confidence)


def paired_interval(only_first: float, only_second: float, pairs: float, confidence: float = CONFIDENCE) -> Interval:
    """Return Tango's score interval of (share of second) - (share of first) over pairs that stand for themselves.

    It holds the differences that a score test of paired shares does not refuse, so it has a width where no pair differs (of
    0 of 50: 7.1 % to either side) and where all do. (-1, 1) without pairs. Source: Tango 1998, Statistics in Medicine 17;
    recommended for small counts by Fagerland, Lydersen and Laake 2014. Counts need not be whole, see
    :func:`difference_interval`. Raises ``ValueError`` for counts that cannot be.
    """
    if min(only_first, only_second) < 0 or only_first + only_second > pairs:
        raise ValueError(f"{only_first} and {only_second} of {pairs} cannot be")
    if not pairs:
        return Interval(-1.0, 1.0)
    z, seen = quantile(confidence), (only_second - only_first) / pairs

    def refused(difference: float) -> bool:
        return (seen - difference) ** 2 * pairs > z * z * _spread(only_first, only_second, pairs, difference)

    return Interval(_border(seen, -1.0, refused), _border(seen, 1.0, refused))


def _spread(only_first: float, only_second: float, pairs: float, difference: float) -> float:
    """Return the variance of one pair's difference where the true mean is ``difference``, at its likeliest."""
    linear = (2 * pairs - only_second + only_first) * difference - only_first - only_second
    constant = -only_first * difference * (1 - difference)
    share = (sqrt(max(0.0, linear * linear - 8 * pairs * constant)) - linear) / (4 * pairs)
    return max(0.0, 2 * share + difference * (1 - difference))


def _border(inside: float, end: float, refused: Callable[[float], bool]) -> float:
    """Return the last difference from ``inside`` towards ``end`` that is not refused, by halving."""
    if not refused(end):
        return end
    outside = end
    for _ in range(50):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if refused(middle) else (middle, outside)
    return inside


def discordant(pairs: Iterable[tuple[bool, bool]]) -> tuple[int, int]:
    """Return how many pairs had the event on the first side only, and on the second only."""
    only_first = only_second = 0
    for first, second in pairs:
        only_first += first and not second
        only_second += second and not first
    return only_first, only_second


def holm(p_values: Iterable[float]) -> list[float]:
    """Return p values corrected for their number (Holm 1979), in the order given: a table of ten tests finds one by luck."""
    values = list(p_values)
    order = sorted(range(len(values)), key=values.__getitem__)
    corrected, least = [0.0] * len(values), 0.0
    for place, index in enumerate(order):
        least = max(least, min(1.0, (len(values) - place) * values[index]))
        corrected[index] = least
    return corrected
