"""Mistakes in a profile, all of them at once: where it is, what is wrong, what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import msgspec

from vigiles.model.errors import RulesetInvalid


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake. ``file`` is the path as the user gave it; ``line`` counts from 1 (0: the file as a whole); ``where`` is
    a key (``egress.hosts[0]``) or a rule's ``@id``; ``source`` is that line's text; ``hint`` says what to do.
    """

    file: str
    line: int
    where: str
    what: str
    hint: str = ""
    source: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        text = f"{place}: {self.where}: {self.what}" if self.where else f"{place}: {self.what}"
        return f"{text} | {self.source}" if self.source else text


class ProfileInvalid(RulesetInvalid):
    """A profile does not load; ``mistakes`` has every one, in the order of the files. ``str()`` is the first."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        first = mistakes[0]
        others = len(mistakes) - 1
        more = f" (and {others} more; `vigiles rules check` lists all)" if others else ""
        super().__init__(f"{first}{more}", first.hint or "Correct the profile; docs/guides/profile.md explains every key.")
        self.mistakes = list(mistakes)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean "x"?`` for the known word nearest to ``word``, or nothing where none is near."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"?' if close else ""
