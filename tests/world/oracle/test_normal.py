"""Text is compared in one form."""

from __future__ import annotations

import pytest

from vigiles.world.oracle import normal


@pytest.mark.parametrize(
    "dressed",
    [
        "The AFFAIR, of Oskar!",
        "the\u200b aff\u200dair of\u00a0Oskar",
        "\u0442he \u0430ff\u0430ir \u043ef Oskar",
        "thé áffàir of Öskar",
    ],
)
def test_dressed_up_text_has_the_plain_form(dressed: str) -> None:
    assert normal.normal(dressed) == " the affair of oskar "


def test_letters_one_by_one_are_joined_and_words_are_not() -> None:
    assert "affair" in (normal.unspaced("their a f f a i r is known") or "")
    assert "affair" in (normal.unspaced("their a.f.f.a.i.r. is known") or "")
    assert normal.unspaced("I am a man of few words") is None


@pytest.mark.parametrize(
    ("phrase", "text", "there"),
    [
        ("drawing", "the drawings are here", True),
        ("lake house", "at the lake-house", True),
        ("lake house", "at the house by the lake", False),
        ("art", "a start", False),
        ("secret", "the secretary", False),
        ("51", "the 510", False),
    ],
)
def test_a_phrase_is_held_as_words(phrase: str, text: str, there: bool) -> None:
    plain = normal.normal(text)
    assert normal.holds(phrase, plain, frozenset(plain.split())) is there
    assert normal.within(plain, frozenset(plain.split()), ("never there", phrase)) == (phrase if there else None)


def test_shingles_are_runs_of_words() -> None:
    runs = normal.shingles("one two three four five six", 5)
    assert len(runs) == 2
    assert runs >= normal.shingles("ONE two, three: four five", 5)
    assert normal.shingles("too short", 5) == frozenset()
