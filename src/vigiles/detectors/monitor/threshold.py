"""Conformal thresholds: set on benign runs, so that at most a stated share of runs like them is above."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vigiles.model.score import MOST


def conformal(benign: Sequence[int], false_alarms: int) -> int:
    """Return the score above which an alarm is raised, from each benign run's highest score.

    For ``n`` exchangeable runs, a further benign run is above it with a probability of at most ``false_alarms`` in a million
    (split conformal prediction; Vovk, Gammerman and Shafer 2005): it is the ceil((n + 1)(1 - alpha))-th smallest. Returns
    one million, which no score is above, where ``n`` is too small for the promise. Raises ``ValueError`` for a share that
    is none.
    """
    if not 0 < false_alarms < MOST:
        raise ValueError("a share of false alarms lies between 0 and 1")
    # Exact integers: a rounded product would give one rank too few.
    rank = -(-(len(benign) + 1) * (MOST - false_alarms) // MOST)
    return sorted(benign)[rank - 1] if rank <= len(benign) else MOST


def needed(false_alarms: int) -> int:
    """Return how many benign runs a promise of ``false_alarms`` in a million needs."""
    return math.ceil(MOST / false_alarms) - 1
