"""Chance that comes from the seed alone: the same names give the same draws, on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

_Thing = TypeVar("_Thing")
_MASK = (1 << 64) - 1


class Draws:
    """A stream of numbers (SplitMix64, Steele and others, 2014) whose start is a digest of ``names``."""

    def __init__(self, *names: str | int) -> None:
        text = "\x1f".join(str(name) for name in names)
        self._state = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())

    def number(self, below: int) -> int:
        """Return a number from 0 to ``below`` - 1."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((mixed ^ (mixed >> 31)) * below) >> 64

    def one(self, things: Sequence[_Thing]) -> _Thing:
        """Return one of ``things``."""
        return things[self.number(len(things))]

    def some(self, things: Sequence[_Thing], count: int) -> list[_Thing]:
        """Return ``count`` different ones of ``things`` (all of them where there are fewer), in a drawn order."""
        rest = list(things)
        last = len(rest) - 1
        count = min(count, len(rest))
        for place in range(count):
            other = place + self.number(last - place + 1)
            rest[place], rest[other] = rest[other], rest[place]
        return rest[:count]
