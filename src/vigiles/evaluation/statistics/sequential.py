"""Stopping early without fooling oneself.

Who looks at an ordinary interval after every episode and stops when it pleases him will be wrong far more often than the
interval says. The interval here holds *at every number of episodes at once*: with probability at least 1 - error it never
misses the true rate, however often it was looked at and for whatever reason one stopped. It is the set of rates p that the
Beta(1/2, 1/2) mixture of likelihoods has not refuted: for the true p the ratio is a martingale that begins at 1, so it ever
reaches 1/error with probability at most ``error`` (Ville 1939; Robbins 1970).

The guarantee is over the drawing of seeds: it takes an episode's outcome as a draw from the rate of its cell.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, lgamma, log
from typing import Literal

import msgspec

from vigiles.evaluation.statistics.interval import Interval

Settled = Literal["narrow", "below", "above", "enough"]
_PRIOR = 0.5
_MILLION = 1_000_000


class Stopping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a cell of the grid needs no more episodes. Shares and errors are parts per million, as in every record.

    ``error``: how probable it may be, for the *whole grid*, that any cell's interval ever misses; each cell gets its part.
    ``half_width``: stop when the interval is no wider than twice this. ``threshold``: stop when it lies on one side of this.
    ``least``: episodes that a cell gets in any case.
    """

    error: int = 50_000
    half_width: int | None = 100_000
    threshold: int | None = None
    least: int = 10


def anytime(hits: int, trials: int, error: float) -> Interval:
    """Return the interval that holds at every number of trials at once, but for a probability of ``error``.

    Raises ``ValueError`` for counts that cannot be or an error outside of (0, 1).
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials} cannot be")
    if not 0 < error < 1:
        raise ValueError(f"an error lies between 0 and 1, not {error}")
    if trials == 0:
        return Interval(0.0, 1.0)
    misses = trials - hits
    bound = -log(error) - (_log_beta(_PRIOR + hits, _PRIOR + misses) - _log_beta(_PRIOR, _PRIOR))

    def refuted(share: float) -> bool:
        return -_times_log(hits, share) - _times_log(misses, 1 - share) >= bound

    middle = hits / trials
    return Interval(0.0 if hits == 0 else _edge(refuted, 0.0, middle), 1.0 if misses == 0 else _edge(refuted, 1.0, middle))


def settled(hits: int, trials: int, rule: Stopping, cells: int) -> Settled | None:
    """Say why a cell needs no more episodes, None where it does. ``cells``: how many share the error."""
    if trials < rule.least:
        return None
    interval = anytime(hits, trials, rule.error / _MILLION / max(cells, 1))
    if rule.threshold is not None:
        if interval.high < rule.threshold / _MILLION:
            return "below"
        if interval.low > rule.threshold / _MILLION:
            return "above"
    if rule.half_width is not None and interval.width <= 2 * rule.half_width / _MILLION:
        return "narrow"
    return None


def _edge(refuted: Callable[[float], bool], outer: float, inner: float) -> float:
    """Return where refuted rates begin, from the side of those refuted, so that the interval is never too narrow."""
    for _ in range(48):
        middle = (outer + inner) / 2
        if refuted(middle):
            outer = middle
        else:
            inner = middle
    return outer


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _times_log(count: int, share: float) -> float:
    if count == 0:
        return 0.0
    return count * log(share) if share > 0 else -inf
