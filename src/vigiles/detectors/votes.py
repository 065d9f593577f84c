"""Weak signs, counted by kind: two of different kinds in one call are worth one strong sign."""

from __future__ import annotations

from typing import NamedTuple

from vigiles.detectors.memory import Recent


class Vote(NamedTuple):
    """One weak sign. ``kind``: argv, file, destination or initiative; ``record`` shows it, ``wall_us`` is its time."""

    kind: str
    what: str
    record: str
    wall_us: int


#: At least one vote must be of these: honest services push, and honest agents ask for hosts that are not listed.
DELIBERATE = frozenset({"argv", "file"})


class Votes:
    """Votes by call. A changed file counts for every later call of the episode, as its effect does."""

    def __init__(self) -> None:
        self._calls: Recent[int | None, dict[str, Vote]] = Recent(1024)
        self._files: Vote | None = None
        self._done: Recent[int | None, None] = Recent(1024)

    def cast(self, call: int | None, vote: Vote) -> list[Vote]:
        """Count ``vote`` and return all kinds of the call so far, once: empty until a second kind came, and ever after."""
        if vote.kind == "file":
            self._files = self._files or vote
        votes = self._calls.get(call) or self._calls.set(call, {})
        votes.setdefault(vote.kind, vote)
        if self._files is not None:
            votes.setdefault("file", self._files)
        if len(votes) < 2 or not DELIBERATE & votes.keys() or not self._done.first_time(call, None):
            return []
        return list(votes.values())
