from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.detectors.monitor.words import STOP, sentences, words


def test_words_are_lower_case_and_apostrophes_are_one() -> None:
    assert words("I Won’t tell! He\nwaits") == ["i", "won't", "tell", STOP, "he", STOP, "waits"]


def test_sentences_have_no_stops_and_none_is_empty() -> None:
    assert sentences(words("One two. ... Three")) == [["one", "two"], ["three"]]
    assert sentences(words("..")) == []


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_any_text_becomes_words(text: str) -> None:
    found = words(text)
    assert all(word and word == word.lower() for word in found)
    assert [word for sentence in sentences(found) for word in sentence] == [word for word in found if word != STOP]
