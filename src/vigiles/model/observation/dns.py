"""Names asked for."""

from __future__ import annotations

from typing import Literal

from vigiles.model.observation.base import Observation
from vigiles.model.reason import ReasonCode


class DnsQuery(Observation, frozen=True, kw_only=True, tag="dns_query"):
    """A query that reached the door's resolver. ``entropy_mbits``: Shannon entropy of the name, millibits a character.

    ``hidden_bytes``: bytes of its labels that may carry something: those below a listed name, or below the last two labels
    where none is listed; 0 where the call has asked for this name before. ``carried_bytes`` and ``names_below`` are what
    the call has asked for below the same parent so far: bytes, and names that carry any.
    """

    name: str
    qtype: str
    outcome: Literal["answered", "refused", "nxdomain", "malformed"]
    answers: list[str] = []
    reason: ReasonCode = "allowed"
    bytes: int = 0
    entropy_mbits: int = 0
    hidden_bytes: int = 0
    carried_bytes: int = 0
    names_below: int = 0
