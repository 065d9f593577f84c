"""Which hosts the episode's profile names, for detectors that must tell named from unnamed even where nothing is refused.

In an observing cell the door lets everything pass and says ``allowed_observe`` of it, so the question "would the rules have
refused this?" is answered here, from the ruleset that the ledger recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from vigiles.model.reason import ReasonCode
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.union import Recorded
from vigiles.ruleset.egress import decide_host, decide_name
from vigiles.ruleset.profile import Egress

#: Reads the egress part of a recorded ruleset; None where it cannot be read.
EgressReader = Callable[[RulesetInForce], Egress | None]


class Expected:
    """The episode's egress rules, as if they were enforced."""

    def __init__(self, read: EgressReader) -> None:
        self._read = read
        self._egress: Egress | None = None

    def feed(self, record: Recorded) -> None:
        """Learn the rules when they are recorded."""
        if isinstance(record, RulesetInForce):
            found = self._read(record)
            self._egress = None if found is None else msgspec.structs.replace(found, mode="allow")

    @property
    def hosts(self) -> Sequence[str]:
        """``host:port`` as the profile names them; empty where it names none, and then nothing is unexpected."""
        return self._egress.hosts if self._egress else ()

    def refusal(self, reason: ReasonCode, host: str, port: int) -> ReasonCode | None:
        """Return why the rules refuse, or would refuse, ``host`` and ``port``; None where they name it or name nothing."""
        if reason != "allowed_observe":
            return None if reason == "allowed" else reason
        if self._egress is None or not self._egress.hosts:
            return None
        would = decide_host(self._egress, host, port)
        return None if would == "allowed" else would

    def name_refusal(self, reason: ReasonCode, name: str) -> ReasonCode | None:
        """Return why the rules refuse, or would refuse, to look ``name`` up."""
        if reason != "allowed_observe":
            return None if reason == "allowed" else reason
        if self._egress is None or not self._egress.hosts:
            return None
        would = decide_name(self._egress, name)
        return None if would == "allowed" else would
