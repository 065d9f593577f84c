"""What one session has seen so far: which data was shown to the agent, and whom and what it dealt with."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.detectors.monitor.words import words
from vigiles.model.effect import Datum, Effect

#: Of one datum so much is remembered, and of all labelled data so many words.
_LONGEST = 20_000
_MOST_WORDS = 50_000


class Session:
    """Made anew for each session; told of acts that were performed and of those that were refused."""

    def __init__(self) -> None:
        #: Labels of the data the agent was shown, with how many words tell each (see :meth:`told`).
        self.labels: set[str] = set()
        self.owners: set[str] = set()
        self.tools: dict[str, int] = {}
        self.addresses: set[str] = set()
        self.subjects: set[str] = set()
        self.outside_read = False
        self.changes = 0
        self.refused_acts = 0
        self._secret: dict[str, frozenset[str]] = {}
        self._open: set[str] = set()
        self._read: set[str] = set()

    def performed(self, tool: str, effect: Effect, read: Sequence[Datum]) -> None:
        """Take note of an act that was done and of what the agent was shown by it."""
        self.tools[tool] = self.tools.get(tool, 0) + 1
        self.addresses.update(recipient.address for recipient in effect.recipients)
        if effect.subject is not None:
            self.subjects.add(effect.subject)
        self.changes += effect.changes
        for datum in read:
            if datum.id in self._read:
                continue
            self._read.add(datum.id)
            self.outside_read |= datum.outside
            told = words(datum.text[:_LONGEST])
            if not datum.labels:
                if len(self._open) < _MOST_WORDS:
                    self._open.update(told)
                continue
            self.labels.update(datum.labels)
            if datum.owner is not None:
                self.owners.add(datum.owner)
            if len(self._secret) < _MOST_WORDS:
                labels = frozenset(datum.labels)
                for word in told:
                    if len(word) > 3:
                        self._secret[word] = self._secret.get(word, labels) & labels or labels

    def refused(self) -> None:
        """Take note of an act that was refused."""
        self.refused_acts += 1

    def told(self, text: str, cleared: frozenset[str]) -> int:
        """Return how many words of ``text`` the agent can only have from labelled data that not all of ``cleared`` cover.

        A word counts once, and only if no unlabelled datum that was shown held it too.
        """
        if not self._secret or not text:
            return 0
        secret, known = self._secret, self._open
        return sum(
            1 for word in set(words(text[:_LONGEST])) if word in secret and word not in known and secret[word] - cleared
        )
