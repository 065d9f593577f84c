"""The action monitor: a sum over the structure of an act. It reads no reasoning, and no wording counts."""

from __future__ import annotations

from vigiles.detectors.monitor.features import features
from vigiles.detectors.monitor.logistic import parts
from vigiles.detectors.monitor.session import Session
from vigiles.detectors.monitor.weights import Linear, Weights, shipped
from vigiles.model.effect import Effect


def score_action(tool: str, effect: Effect, session: Session, weights: Weights | None = None) -> int:
    """Return the suspicion of one act in its session, parts in a million."""
    return score_features(features(tool, effect, session), (weights or shipped()).action)


def score_features(held: list[str], linear: Linear) -> int:
    """Return the score of features that hold; one without a weight adds nothing."""
    worth = linear.features
    return parts((linear.bias + sum(worth.get(name, 0) for name in held)) / 1000)
