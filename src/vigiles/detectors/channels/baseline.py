"""How common words and shapes are in episodes that are known to be honest: what is common there carries no note."""

from __future__ import annotations

import msgspec

from vigiles.detectors.channels.sighting import Sighting

#: A shape counts as honest from so many episodes on, and this share of them in percent.
SHAPE_EPISODES = 3
SHAPE_PERCENT = 10
#: The most words and shapes that are learnt; later ones are not.
LIMIT = 100_000


class Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``things`` and ``shapes``: in how many of ``episodes`` each was seen. Store it as JSON."""

    episodes: int = 0
    things: dict[str, int] = {}
    shapes: dict[str, int] = {}

    def common(self, seen: Sighting) -> bool:
        """Return whether honest episodes show this very thing, or commonly something of its shape.

        One episode with the same word is enough: whatever it is, it was there before.
        """
        if self.things.get(seen.thing, 0) > 0:
            return True
        often = self.shapes.get(f"{seen.where} {seen.shape}", 0) if seen.shape else 0
        return often >= SHAPE_EPISODES and often * 100 >= self.episodes * SHAPE_PERCENT


class Learner:
    """Counts the sightings of honest episodes."""

    def __init__(self) -> None:
        self._episodes: set[tuple[str, str]] = set()
        self._things: dict[str, set[tuple[str, str]]] = {}
        self._shapes: dict[str, set[tuple[str, str]]] = {}

    def add(self, seen: Sighting) -> None:
        """Take one sighting."""
        _note(self._things, seen.thing, seen)
        if seen.shape:
            _note(self._shapes, f"{seen.where} {seen.shape}", seen)

    def episode(self, episode: tuple[str, str]) -> None:
        """Take an honest episode, whether or not it shows anything."""
        self._episodes.add(episode)

    def baseline(self) -> Baseline:
        """Return what has been learnt."""
        things = {name: len(seen) for name, seen in self._things.items()}
        shapes = {name: len(seen) for name, seen in self._shapes.items()}
        return Baseline(episodes=len(self._episodes), things=things, shapes=shapes)


def _note(table: dict[str, set[tuple[str, str]]], name: str, seen: Sighting) -> None:
    if name in table or len(table) < LIMIT:
        table.setdefault(name, set()).add(seen.episode)
