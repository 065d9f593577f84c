"""Which hosts the episode's profile names, for detectors that must tell named from unnamed even where nothing is refused.

In an observing cell the door lets everything pass and says ``allowed_observe`` of it, so the question "would the rules have
refused this?" is answered here, from the ruleset that the ledger recorded.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from vigiles.model.reason import ReasonCode
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.union import Recorded
from vigiles.ruleset.compile import layers_of, merge
from vigiles.ruleset.egress import decide_host, decide_name
from vigiles.ruleset.fields import struct_from
from vigiles.ruleset.mistake import ProfileInvalid
from vigiles.ruleset.profile import Egress

#: Reads the egress part of a recorded ruleset; None where it cannot be read.
EgressReader = Callable[[RulesetInForce], Egress | None]


def recorded_egress(record: RulesetInForce) -> Egress | None:
    """Return the egress part of a recorded ruleset; None where its text cannot be read."""
    return _egress_of(record.text)


@lru_cache(maxsize=64)
def _egress_of(text: str) -> Egress | None:
    values: dict[str, Any] = {}
    try:
        for layer in layers_of(text):
            values = merge(values, tomllib.loads(layer.profile.text))
    except (ProfileInvalid, tomllib.TOMLDecodeError):
        return None
    egress = values.get("egress")
    return struct_from(Egress, egress, (), _never_mind) if isinstance(egress, dict) else None


def _never_mind(path: tuple[str, ...], what: str, hint: str) -> None:
    """A ruleset that was in force has been checked when it was loaded."""


class Expected:
    """The episode's egress rules, as if they were enforced."""

    def __init__(self, read: EgressReader = recorded_egress) -> None:
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
