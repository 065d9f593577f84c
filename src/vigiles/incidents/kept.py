"""What the correlator remembers: the newest version of each incident, and what it stands on."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from vigiles.model.finding import Finding
from vigiles.model.incident import Incident


class Held(NamedTuple):
    """One incident: its newest version, its findings, and whether a containing response was done and stands."""

    incident: Incident
    findings: list[Finding]
    struck: bool


class Kept:
    """At most ``limit`` incidents; the one that changed longest ago is dropped first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: OrderedDict[str, Held] = OrderedDict()

    def get(self, incident: str) -> Held | None:
        """Return what is held of an incident."""
        return self._items.get(incident)

    def put(self, incident: Incident, findings: list[Finding], struck: bool) -> Incident:
        """Keep a version and return it."""
        self._items[incident.incident] = Held(incident, findings, struck)
        self._items.move_to_end(incident.incident)
        if len(self._items) > self._limit:
            self._items.popitem(last=False)
        return incident
