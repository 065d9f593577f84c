"""The base of every observation."""

from __future__ import annotations

from vigiles.model.attribution import Attribution
from vigiles.model.record import Event


class Observation(Event, frozen=True, kw_only=True):
    """``sensor``: notifier, door, scanner, overlay, init or landlock. ``attribution``: which call, how surely."""

    sensor: str
    attribution: Attribution
