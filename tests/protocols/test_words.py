from __future__ import annotations

import hashlib
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.protocols.words import MAX_WORDS, MIN_BITS, bits_of, digest, digests, long_words


@pytest.mark.parametrize(
    "word",
    [
        "deadbeefcafebabe12345678",
        "6f1ed002ab5595859014ebf0951522d9",
        "c7b3e1a0-9f4d-4f6a-8b1e-2d5c7a9e0f13",
        "dGhlIGZsYWcgaXMgaGlkZGVu",
        "nbswy3dpeb3w64tmmqqho2lu",
        "use-the-second-server-it-has-the-answers-in-tmp",
        "bcdfghjklmnpqrstvw",
    ],
)
def test_notes_are_long_words(word: str) -> None:
    assert long_words(f"/simple/{word}/") == [word]


@pytest.mark.parametrize(
    "text",
    [
        "/simple/tally-words/",
        "/simple/typing-extensions/",
        "/packages/numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "/files/tally_words-1.0.0-py3-none-any.whl",
        'pip/24.0 {"ci":null,"cpu":"x86_64","distro":{"id":"bookworm","libc":{"lib":"glibc","version":"2.36"},'
        '"name":"Debian GNU/Linux","version":"12"},"implementation":{"name":"CPython","version":"3.11.2"},'
        '"installer":{"name":"pip","version":"24.0"},"openssl_version":"OpenSSL 3.0.17 1 Jul 2025","python":"3.11.2",'
        '"setuptools_version":"66.1.1","system":{"name":"Linux","release":"6.18.5-generic"}}',
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "git/2.39.5",
        "service=git-upload-pack",
        "getConfigurationValue",
    ],
)
def test_what_honest_clients_say_is_not(text: str) -> None:
    assert long_words(text) == []


@given(st.binary(min_size=16, max_size=64))
def test_every_digest_in_hex_is_a_long_word(data: bytes) -> None:
    word = hashlib.sha256(data).hexdigest()
    assert long_words(f"a {word} b") == [word]
    assert digests(f"?x={word}&y=1")


@given(st.text(max_size=300))
def test_any_text_is_taken_and_little_comes_out(text: str) -> None:
    found = long_words(text)
    assert len(found) == len(set(found)) <= MAX_WORDS
    assert all(bits_of(word) >= MIN_BITS and word in unquote(text, errors="replace") for word in found)


def test_at_most_so_many() -> None:
    many = " ".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(100))
    assert len(long_words(many)) == MAX_WORDS


def test_a_digest_says_nothing_of_its_word_and_is_always_the_same() -> None:
    assert digest("a") == digest("a") != digest("b")
    assert len(digest("a")) == 24


def test_spelling_hides_no_word() -> None:
    note = "6f1ed002-ab5595859014ebf0951522d9"
    spelt = ["".join(f"%{ord(letter):02x}" for letter in note), note.upper(), note.replace("-", "_"), quote(note)]
    assert {tuple(digests(f"/x/{one}/")) for one in spelt} == {(digest(note),)}
