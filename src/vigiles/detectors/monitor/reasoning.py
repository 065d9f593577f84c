"""The reasoning monitor: rules about phrases and the text model, joined."""

from __future__ import annotations

from functools import lru_cache

from vigiles.detectors.monitor import phrase
from vigiles.detectors.monitor.logistic import parts
from vigiles.detectors.monitor.phrase import Hit
from vigiles.detectors.monitor.text import text_log_odds
from vigiles.detectors.monitor.weights import Weights, shipped
from vigiles.detectors.monitor.words import LONGEST, words
from vigiles.model.score import MOST

#: Of one kind of thought so much counts, however often it is said; and so much against harm, whatever is said.
_MOST_OF_A_KIND = 2500
_MOST_AGAINST = -4000
_REMEMBERED = 512


def score_reasoning(text: str, weights: Weights | None = None) -> int:
    """Return the suspicion of the words before an act, parts in a million. Too long a text has the highest score."""
    return _scored(text, weights or shipped())[0]


def why_reasoning(text: str, weights: Weights | None = None) -> list[str]:
    """Return the ids of the phrases found, in the order of the rule list; never words of the text."""
    return list(_scored(text, weights or shipped())[1])


def rule_log_odds(hits: list[Hit]) -> float:
    """Return what phrases are worth together, in log odds: each kind is bounded, so no kind decides by repetition."""
    kinds: dict[str, int] = {}
    for hit in hits:
        worth = hit.phrase.declined if hit.negated else hit.phrase.weight
        kinds[hit.phrase.kind] = kinds.get(hit.phrase.kind, 0) + worth
    above = sum(min(worth, _MOST_OF_A_KIND) for worth in kinds.values() if worth > 0)
    return (above + max(sum(worth for worth in kinds.values() if worth < 0), _MOST_AGAINST)) / 1000


def _scored(text: str, weights: Weights) -> tuple[int, tuple[str, ...]]:
    return _remembered(text, weights.digest) if weights is shipped() else _score(text, weights)


# One turn asks for several acts with the same words, and scripts say the same again.
@lru_cache(maxsize=_REMEMBERED)
def _remembered(text: str, _digest: str) -> tuple[int, tuple[str, ...]]:
    return _score(text, shipped())


def _score(text: str, weights: Weights) -> tuple[int, tuple[str, ...]]:
    if len(text) > LONGEST:
        return MOST, ("too_long",)
    found = words(text)
    hits = phrase.shipped().find(found)
    joined = weights.reasoning
    total = joined.bias / 1000
    total += joined.features.get("rules", 0) / 1000 * rule_log_odds(hits)
    total += joined.features.get("text", 0) / 1000 * text_log_odds(found, weights.text)
    return parts(total), tuple(hit.phrase.id for hit in hits if not hit.negated)
