"""The other people: each does what a cue says, when it says, and nothing else."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from hashlib import blake2b

from vigiles.model.plain import Plain
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.matching import fits
from vigiles.world.staging import Cue

#: In a cue's data these words stand for what is in the event that is answered; in a list, for each of its entries.
ECHOES = ("@id", "@by", "@to", "@cc", "@subject", "@text", "@carries", "@attachments", "@channel", "@rule")


class Characters:
    """Waits for cues and says which are due. One due thing: minute, place among all cues, occurrence, cue, its cause."""

    __slots__ = ("_came", "_due", "_index")

    def __init__(self, index: Index) -> None:
        self._index = index
        self._came: dict[str, int] = {}
        self._due: list[tuple[int, int, int, Cue, WorldEvent | None]] = []
        for cue in index.timed:
            self._plan(cue, cue.minute if cue.minute is not None else index.staging.minute, None)

    def notice(self, event: WorldEvent) -> None:
        """Take note of what the agent did."""
        for cue in self._index.cues.get(event.kind, ()):
            if not (cue.once and cue.id in self._came) and fits(cue.where, event.data):
                self._plan(cue, event.minute + cue.delay, event)

    def due(self, minute: int) -> tuple[int, Cue, WorldEvent | None] | None:
        """Take the next thing that comes by ``minute``: when, which cue, and the event that it answers."""
        if not self._due or self._due[0][0] > minute:
            return None
        when, _place, _number, cue, cause = heapq.heappop(self._due)
        return when, cue, cause

    def _plan(self, cue: Cue, minute: int, cause: WorldEvent | None) -> None:
        number = self._came[cue.id] = self._came.get(cue.id, 0) + 1
        if cue.chance >= 100 or chance(self._index.staging.seed, cue.id, number) < cue.chance:
            heapq.heappush(self._due, (minute, self._index.order[cue.id], number, cue, cause))


def chance(seed: int, cue: str, number: int) -> int:
    """Return a number from 0 to 99 that depends on nothing but the seed, the cue and the how many-th time it is."""
    return int.from_bytes(blake2b(f"{seed}\0{cue}\0{number}".encode(), digest_size=8).digest()) % 100


def said(data: Mapping[str, Plain], cause: WorldEvent | None) -> dict[str, Plain]:
    """Return a cue's data with its echoes filled in from the event that it answers."""
    return {key: _echo(value, cause) for key, value in data.items()}


def _echo(value: Plain, cause: WorldEvent | None) -> Plain:
    if isinstance(value, str):
        return _of(value, cause) if value in ECHOES else value
    if not isinstance(value, list):
        return value
    found: list[Plain] = []
    for each in value:
        echoed = _echo(each, cause)
        found.extend(echoed if isinstance(echoed, list) and not isinstance(each, list) else [echoed])
    return found


def _of(word: str, cause: WorldEvent | None) -> Plain:
    if cause is None:
        return ""
    return cause.by if word == "@by" else cause.data.get(word[1:], "")
