"""Log odds and parts in a million."""

from __future__ import annotations

import math

from vigiles.model.score import MOST

_FARTHEST = 30.0


def parts(log_odds: float) -> int:
    """Return the probability of log odds, parts in a million."""
    bounded = max(-_FARTHEST, min(_FARTHEST, log_odds))
    return round(MOST / (1.0 + math.exp(-bounded)))


def log_odds(score: int) -> float:
    """Return the log odds of a score; the ends are taken half a part from the end."""
    share = min(max(score, 0.5), MOST - 0.5) / MOST
    return math.log(share / (1.0 - share))
