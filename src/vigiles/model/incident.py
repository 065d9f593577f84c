"""Findings that belong together."""

from __future__ import annotations

from typing import Literal

from vigiles.model.finding import Severity
from vigiles.model.record import Event

IncidentState = Literal["open", "acknowledged", "suppressed", "closed"]


class Incident(Event, frozen=True, kw_only=True, tag="incident"):
    """One version of an incident; the newest ``version`` of an ``incident`` id is its present state.

    Three times, because reporting clocks start at different ones (wall clock, microseconds): ``occurred_us`` first
    evidence, ``aware_us`` first finding, ``established_us`` when the causing call was known exactly (None until then).
    ``suppressed`` needs ``note`` (the reason) and ``expires_us``.

    ``by`` is set where a person gave this version its state (the name of the operating system's user), and ``note`` is why;
    None: it grew by findings or responses. ``rescan``: the version of Vigiles whose rescan of an old ledger made it.
    ``episodes`` and ``members`` (incident ids) are those of a campaign: one incident over several episodes; at most 256.
    """

    incident: str
    version: int
    state: IncidentState
    severity: Severity
    cause: str
    title: str
    findings: list[str]
    detectors: list[str]
    techniques: list[str]
    calls: list[int]
    responses: list[str] = []
    contained: bool = False
    occurred_us: int
    aware_us: int
    established_us: int | None = None
    contained_us: int | None = None
    note: str | None = None
    expires_us: int | None = None
    by: str | None = None
    rescan: str | None = None
    episodes: list[str] = []
    members: list[str] = []
