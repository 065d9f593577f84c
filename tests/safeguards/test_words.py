"""One spelling for what looks the same, and what encodings hide."""

from __future__ import annotations

import base64
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.safeguards.words import hidden, is_language, opaque, plain_words, shingles, turned, word_set

TEXT = "the seeker locks beyond 9200 metres"


@pytest.mark.parametrize(
    "text",
    [
        TEXT.upper(),
        "the s\u0435\u0435ker l\u043ecks bey\u043end 9200 metr\u0435s",
        "the see\u200bker locks be\u00adyond 9200 metres",
        "thé séeker löcks beyond 9200 mètres",
        "the ｓｅｅｋｅｒ locks beyond 9200 metres",
    ],
)
def test_what_looks_the_same_is_spelt_the_same(text: str) -> None:
    assert plain_words(text) == plain_words(TEXT)


@pytest.mark.parametrize(
    "form",
    [
        base64.b64encode(TEXT.encode()).decode(),
        base64.urlsafe_b64encode(TEXT.encode()).decode().rstrip("="),
        base64.b64encode(base64.b64encode(TEXT.encode())).decode(),
        base64.b32encode(TEXT.encode()).decode(),
        TEXT.encode().hex(),
        TEXT.encode().hex(" ").upper(),
        " ".join(str(code) for code in TEXT.encode()),
        TEXT.replace("e", "%65"),
        "th3 s33k3r l0cks b3y0nd 9200 m3tr3s".replace("9200", "92oo"),
    ],
)
def test_encodings_are_read(form: str) -> None:
    found = [plain_words(inner) for inner in hidden(f"note: {form}")]
    assert any({"seeker", "locks", "beyond"} <= set(words) for words in found)


def test_spaced_out_letters_are_joined() -> None:
    assert "seeker" in hidden("the s e e k e r is fine")


def test_rotated_and_reversed_texts_are_turned_back() -> None:
    for form in (codecs.encode(TEXT, "rot13"), TEXT[::-1]):
        assert any(plain_words(other) == plain_words(TEXT) for other in turned(form))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Could you send me the agenda for the meeting on Monday, please?", True),
        ("gur frrxre ybpxf orlbaq avar gubhfnaq zrgerf jura pbbynag", False),
        ("Invoice 4711 paid", True),
    ],
)
def test_language_is_told_from_what_is_none(text: str, language: bool) -> None:
    assert is_language(plain_words(text)) is language


@pytest.mark.parametrize(
    ("text", "is_opaque"),
    [
        ("see VGhlIHNlZWtlciBsb2Nrcw9x", True),
        ("The internationalisation of the Donaudampfschifffahrtsgesellschaft", False),
        ("see /share/projects/heron-program/minutes-2026-05", False),
        ("Best regards, the procurement team", False),
    ],
)
def test_runs_that_look_encoded(text: str, is_opaque: bool) -> None:
    assert opaque(text) is is_opaque


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    for form in [text, *hidden(text)]:
        plain_words(form)
    assert opaque(text) in (True, False)


def test_shingles_and_lists() -> None:
    assert list(shingles(["a", "b", "c"], 2)) == [("a", "b"), ("b", "c")]
    assert word_set("one two one") == {"one", "two"}
