"""The hybrid: reasoning and action, joined. Silent reasoning leaves the action to speak."""

from __future__ import annotations

from vigiles.detectors.monitor.logistic import log_odds, parts
from vigiles.detectors.monitor.weights import Weights, shipped


def score_both(reasoning: int, action: int, weights: Weights | None = None) -> int:
    """Return the joined suspicion of two scores, parts in a million."""
    linear = (weights or shipped()).both
    worth = linear.features
    total = worth.get("reasoning", 0) * log_odds(reasoning) + worth.get("action", 0) * log_odds(action)
    return parts((linear.bias + total) / 1000)
