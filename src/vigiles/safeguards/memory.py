"""What labelled texts said, so that they are known again wherever they turn up: later in a session, or in another one.

A text that carries labels is kept as its runs of words and its telling words (those that ordinary language has not). Another
text *derives* from it if it repeats a run, or enough of the telling words; its labels then follow. One memory is shared by
the sessions of a company.
"""

from __future__ import annotations

from functools import lru_cache

from vigiles.safeguards.words import FUNCTION_WORDS, LONGEST, hidden, is_language, plain_words, shingles, turned

#: So many telling words of one labelled text, and so large a share of them (in percent), make a text one that derives.
_TELLING, _SHARE = 2, 3


class Print:
    """One labelled text: its runs, its telling words, its labels."""

    __slots__ = ("labels", "owner", "runs", "telling")

    def __init__(self, text: str, labels: frozenset[str], owner: str | None) -> None:
        self.runs, self.telling = _print(text)
        self.labels = labels
        self.owner = owner


class Memory:
    """Prints of all labelled texts that any session was shown or left behind, by their text."""

    def __init__(self) -> None:
        self._prints: dict[str, Print] = {}
        self._runs: dict[tuple[str, ...], Print] = {}

    def keep(self, text: str, labels: frozenset[str], owner: str | None) -> Print:
        """Keep a labelled text and return its print; a text that is known gets the further labels."""
        known = self._prints.get(text)
        if known is None:
            known = self._prints[text] = Print(text, labels, owner)
            for run in known.runs:
                self._runs.setdefault(run, known)
        elif not known.labels >= labels:
            known.labels |= labels
        return known

    def repeated(self, text: str) -> list[Print]:
        """Return the prints of which a text repeats a run of words, in any form that can be read."""
        if not self._prints:
            return []
        exact = self._prints.get(text)
        if exact is not None:
            return [exact]
        found: list[Print] = []
        for words in forms(text):
            for run in shingles(words):
                known = self._runs.get(run)
                if known is not None and known not in found:
                    found.append(known)
        return found


def forms(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of a text as it stands and as it can be decoded; of a longer one, its first :data:`LONGEST`."""
    return _forms(text)


@lru_cache(maxsize=4096)
def _forms(text: str) -> tuple[tuple[str, ...], ...]:
    text = text[:LONGEST]
    words = plain_words(text)
    found = [tuple(words), *(tuple(plain_words(inner)) for inner in hidden(text))]
    if not is_language(words):
        found += [tuple(plain_words(other)) for other in turned(text)]
    return tuple(found)


def tells(words: set[str], known: Print) -> int:
    """Return how many telling words of a print are among ``words``, if they are enough to say that these derive from it."""
    shared = len(words & known.telling)
    return shared if shared >= _TELLING and shared * 100 >= len(known.telling) * _SHARE else 0


@lru_cache(maxsize=4096)
def _print(text: str) -> tuple[frozenset[tuple[str, ...]], frozenset[str]]:
    words = plain_words(text)
    runs = frozenset(run for run in shingles(words) if any(len(word) > 3 and word not in FUNCTION_WORDS for word in run))
    telling = frozenset(word for word in words if word not in FUNCTION_WORDS and (len(word) > 4 or _number(word)))
    return runs, telling


def _number(word: str) -> bool:
    return len(word) > 2 and word.isdigit()
