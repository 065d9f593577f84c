"""Names asked for."""

from __future__ import annotations

from typing import Literal

from vigiles.model.observation.base import Observation
from vigiles.model.reason import ReasonCode


class DnsQuery(Observation, frozen=True, kw_only=True, tag="dns_query"):
    """A query that reached the door's resolver. ``entropy_mbits``: Shannon entropy of the name, millibits a character."""

    name: str
    qtype: str
    outcome: Literal["answered", "refused", "nxdomain", "malformed"]
    answers: list[str] = []
    reason: ReasonCode = "allowed"
    bytes: int = 0
    entropy_mbits: int = 0
