"""Did switching a safeguard change anything? The same seeds are played with and without it, and the pairs are compared."""

from __future__ import annotations

from collections.abc import Iterable
from math import comb


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
