"""The text model: logistic regression over words and pairs of words, sentence by sentence. Plain Python, no dependency."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from vigiles.detectors.monitor.weights import TextWeights
from vigiles.detectors.monitor.words import sentences

#: Sentences are read with their neighbours: a thought rarely fits into one.
WINDOW = 2
_LEAST_NORM = 1e-9


def terms(sentence: Sequence[str]) -> list[str]:
    """Return the words of a sentence and its pairs of neighbours."""
    return [*sentence, *(f"{left} {right}" for left, right in pairwise(sentence))]


def window_log_odds(window: Sequence[Sequence[str]], weights: TextWeights) -> float:
    """Return the log odds of a few sentences: TF-IDF with logarithmic counts, of length one, times the coefficients."""
    counts: dict[str, int] = {}
    known = weights.terms
    for sentence in window:
        for term in terms(sentence):
            if term in known:
                counts[term] = counts.get(term, 0) + 1
    norm = total = 0.0
    for term, count in counts.items():
        idf, weight = known[term]
        value = (1.0 + math.log(count)) * idf
        norm += value * value
        total += value * weight
    return (weights.bias + total / max(math.sqrt(norm), _LEAST_NORM)) / 1000 if counts else weights.bias / 1000


def text_log_odds(found: list[str], weights: TextWeights) -> float:
    """Return the highest log odds among the windows of a text (see :func:`~vigiles.detectors.monitor.words.words`).

    A long text with one telling thought is as telling as the thought alone. The bias for a text without words.
    """
    made = sentences(found)
    if not made:
        return weights.bias / 1000
    last = max(1, len(made) - WINDOW + 1)
    return max(window_log_odds(made[at : at + WINDOW], weights) for at in range(last))
