from __future__ import annotations

import pytest

from vigiles.detectors.monitor.text import terms, text_log_odds, window_log_odds
from vigiles.detectors.monitor.weights import TextWeights
from vigiles.detectors.monitor.words import words

_WEIGHTS = TextWeights(bias=-1000, terms={"hide": (1000, 4000), "the": (1000, 0), "hide it": (2000, 1000)})


def test_terms_are_words_and_pairs() -> None:
    assert terms(["a", "b", "c"]) == ["a", "b", "c", "a b", "b c"]


@pytest.mark.parametrize(
    ("text", "odds"),
    [("", -1.0), ("nothing known", -1.0), ("hide", 3.0), ("the", -1.0), ("hide the", -1 + 4 / 2**0.5)],
)
def test_it_is_the_cosine_with_the_coefficients(text: str, odds: float) -> None:
    assert text_log_odds(words(text), _WEIGHTS) == pytest.approx(odds)


def test_one_telling_thought_in_a_long_text_is_as_telling_as_alone() -> None:
    long = "The the. " * 50 + "Hide. Hide. " + "The the. " * 50
    assert text_log_odds(words(long), _WEIGHTS) == pytest.approx(window_log_odds([["hide"], ["hide"]], _WEIGHTS))
