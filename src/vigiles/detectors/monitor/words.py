"""Text to words: lower case, look-alikes of apostrophes made one, a sentence's end kept as a full stop."""

from __future__ import annotations

import re

#: What is longer is not scored but counted as suspicious: no honest turn thinks so much, and time is not its to use up.
LONGEST = 200_000

#: The token that ends a sentence.
STOP = "."

_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[.!?;\n]")
_PLAIN = str.maketrans({"\u2019": "'", "\u02bc": "'", "\u2018": "'", "!": ".", "?": ".", ";": ".", "\n": ".", "\u3002": "."})


def words(text: str) -> list[str]:
    """Return the words of ``text`` in order, with ``"."`` between sentences. Takes time linear in the text's length."""
    return _TOKEN.findall(text.lower().translate(_PLAIN))


def sentences(found: list[str]) -> list[list[str]]:
    """Return the sentences of :func:`words`, without stops; empty ones are left out."""
    made: list[list[str]] = []
    last: list[str] = []
    for word in found:
        if word == STOP:
            if last:
                made.append(last)
                last = []
        else:
            last.append(word)
    if last:
        made.append(last)
    return made
