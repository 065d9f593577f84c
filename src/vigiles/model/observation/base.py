"""The base of every observation."""

from __future__ import annotations

from vigiles.model.attribution import Attribution
from vigiles.model.record import Event


class Observation(Event, frozen=True, kw_only=True):
    """``sensor``: notifier, door, scanner, overlay, kernel, landlock, shell, recorder, world. ``attribution``: its call."""

    sensor: str
    attribution: Attribution
