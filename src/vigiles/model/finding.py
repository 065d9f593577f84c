"""What a detector concludes from acts, verdicts and observations."""

from __future__ import annotations

from typing import Literal

from vigiles.model.attribution import Attribution
from vigiles.model.record import Event

Severity = Literal["info", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")


class Finding(Event, frozen=True, kw_only=True, tag="finding"):
    """One conclusion. ``rule`` and ``author`` name the rule that fired; ``techniques`` are MITRE ATLAS / ATT&CK ids.

    ``evidence`` are ids of records, the first being the one that completed the finding. ``cause`` groups findings of one
    cause: equal causes in one episode become one incident. ``occurred_us`` is the wall time of the first evidence.
    ``blocked`` says that the effect was refused, not only seen. ``summary`` holds agent text: render before showing.
    ``rescan``: it was concluded later, by the rescan of an old ledger with this version of Vigiles.
    """

    detector: str
    rule: str
    author: str
    techniques: list[str]
    severity: Severity
    summary: str
    cause: str
    attribution: Attribution
    evidence: list[str]
    occurred_us: int
    blocked: bool = False
    rescan: str | None = None
