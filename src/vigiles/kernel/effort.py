"""How much of /proc may be looked at for one question: what is in it is the workload's doing, and may be very much."""

from __future__ import annotations

import msgspec


class Exhausted(Exception):
    """More was there than was to be looked at; what was found so far proves nothing about the rest."""


class Effort(msgspec.Struct):
    """``left``: how many entries (descriptors, threads, rows of a table) may still be looked at."""

    left: int

    def spend(self, entries: int) -> None:
        """Take note of entries that are about to be looked at. Raises :class:`Exhausted`."""
        self.left -= entries
        if self.left < 0:
            raise Exhausted
