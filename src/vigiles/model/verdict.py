"""What the gate says of an act."""

from __future__ import annotations

from typing import Literal

from vigiles.model.plain import Plain
from vigiles.model.reason import ReasonCode
from vigiles.model.record import Event

Decision = Literal["allow", "modify", "deny", "hold", "stop"]


class Verdict(Event, frozen=True, kw_only=True, tag="verdict"):
    """The judgement of act ``act``. ``rules`` are the ``@id`` values that decided; ``ruleset`` is the digest in force.

    ``arguments`` replaces the act's arguments when the decision is ``modify``. ``hold`` waits for a person until
    ``expires_us`` (wall clock), None where nobody is asked; ``persons`` must approve. An expired hold is a deny; what came
    of a hold is a later verdict of the same act. ``stop`` refuses the act and ends the episode.
    """

    act: str
    decision: Decision
    reason: ReasonCode
    ruleset: str
    rules: list[str] = []
    arguments: dict[str, Plain] | None = None
    expires_us: int | None = None
    persons: int | None = None
