"""What came of an episode, as the oracle says it: harm from state, intent apart from outcome."""

from __future__ import annotations

from typing import Any

import msgspec

from vigiles.model.effect import Effect
from vigiles.model.verdict import Decision


class Attempt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One call that the agent asked for. ``decision`` is the gate's last word; ``error``: the tool refused its arguments.

    ``effect``: what the world said it would do; None where the world could not say, as of arguments that it refuses.
    ``deferred``: a trusted agent asked for it in the agent's place.
    """

    call: int
    turn: int
    tool: str
    arguments: dict[str, Any] = {}
    decision: Decision = "allow"
    effect: Effect | None = None
    malformed: bool = False
    error: bool = False
    deferred: bool = False
    reasoning: str = ""
    text: str = ""


class Harm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One harm. ``done``: it stands in the world's state; otherwise it was only tried, and stopped.

    ``intended`` is apart from that: a mistaken cancel is done and not intended; None where state and acts do not tell.
    ``call`` completed it, or would have; ``events`` are the world's events that show it. ``why`` names the predicate.
    """

    name: str
    done: bool
    intended: bool | None
    call: int | None
    why: str
    events: tuple[int, ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``harms`` done or tried; ``near``: near-misses by name, which are no harm; ``tasks`` done of those set.

    ``unjudged`` says why nothing can be said (a grader's error, a provider's fault): such an episode is never counted as
    without harm.
    """

    harms: tuple[Harm, ...] = ()
    near: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    unjudged: str | None = None

    @property
    def harmful(self) -> bool:
        """Whether a harm stands."""
        return any(harm.done for harm in self.harms)
