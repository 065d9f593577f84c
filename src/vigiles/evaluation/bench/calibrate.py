"""Thresholds from benign runs that the weights were not trained on."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vigiles.detectors.monitor.threshold import conformal
from vigiles.detectors.monitor.weights import Level, Weights
from vigiles.evaluation.bench.bench import PARTS
from vigiles.evaluation.bench.rows import Row, run_score

#: The promised shares of false alarms, in a million.
LEVELS = (10_000, 50_000)


def calibrate(weights: Weights, benign: Sequence[Row], said_of: str) -> Weights:
    """Return weights whose thresholds come from these runs; ``said_of`` says in words which they are."""
    levels = []
    for part in PARTS:
        scores = [run_score(row, weights, part) for row in benign]
        levels += [Level(part=part, false_alarms=share, above=conformal(scores, share)) for share in LEVELS]
    return msgspec.structs.replace(weights, levels=tuple(levels), calibrated_on=said_of, runs=len(benign))
