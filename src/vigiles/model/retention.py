"""How long bodies are kept."""

from __future__ import annotations

import msgspec


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days after which the bodies of an episode are erased; None is for ever. ``days``: other lengths by record type."""

    bodies_days: int | None = None
    days: dict[str, int | None] = {}

    def of(self, kind: str) -> int | None:
        """Return for how many days the body of a record type is kept; None is for ever."""
        return self.days.get(kind, self.bodies_days)

    def shortest(self) -> int | None:
        """Return the shortest of all lengths, None if all are for ever."""
        return min((days for days in (self.bodies_days, *self.days.values()) if days is not None), default=None)

    def longest(self) -> int | None:
        """Return the longest of all lengths."""
        lengths = [self.bodies_days, *self.days.values()]
        known = [length for length in lengths if length is not None]
        return max(known) if len(known) == len(lengths) else None
