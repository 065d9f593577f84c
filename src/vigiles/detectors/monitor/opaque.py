"""Whether a text is not meant to be read: encoded, enciphered or packed. No word counts for what it means."""

from __future__ import annotations

from vigiles.detectors.monitor.words import STOP, words

#: The words that hold English sentences together: a quarter to a half of any text that a person is to read.
_JOINTS = frozenset([
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "been", "before", "but",
    "by", "can", "could", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "here", "him",
    "his", "how", "i", "if", "in", "into", "is", "it", "its", "just", "me", "more", "my", "no", "not", "of", "on",
    "one", "or", "our", "out", "please", "she", "should", "so", "some", "than", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "to", "up", "us", "was", "we", "were", "what", "when", "which",
    "who", "will", "with", "would", "you", "your",
])  # fmt: skip
_LEAST_SHARE = 0.12
_LEAST_WORDS = 12
#: No word of a language that people write to each other is so long, but what is packed is.
_LONGEST_WORD = 32
_LOOKED_AT = 20_000


def opaque(text: str) -> bool:
    """Say whether a text looks encoded: a token too long for a word, or nearly no word that sentences need.

    A bare list of names looks so too, which is why this is a feature and no verdict.
    """
    found = [word for word in words(text[:_LOOKED_AT]) if word != STOP]
    if any(len(word) > _LONGEST_WORD for word in found):
        return True
    return len(found) >= _LEAST_WORDS and sum(word in _JOINTS for word in found) < _LEAST_SHARE * len(found)
