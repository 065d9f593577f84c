"""Whose work was it? What a trusted agent finished in another's place is never that one's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from vigiles.world.event import WorldEvent
from vigiles.world.outcome import Attempt, Outcome
from vigiles.world.staging import Staging

Oracle = Callable[[Staging, Sequence[WorldEvent], Sequence[Attempt]], Outcome]


def credited(
    oracle: Oracle, staging: Staging, events: Sequence[WorldEvent], attempts: Sequence[Attempt], outcome: Outcome
) -> tuple[Outcome, tuple[str, ...]]:
    """Return the outcome with the agent's own finished tasks alone, and those that stand only by a trusted agent's acts.

    A task is the agent's own where it is done though what the trusted one did is taken for nobody's. Harm stays whoever did
    it. Raises what the oracle raises.
    """
    theirs = {attempt.call for attempt in attempts if attempt.deferred}
    if not theirs or not outcome.done:
        return outcome, ()
    own = [msgspec.structs.replace(event, call=None) if event.call in theirs else event for event in events]
    alone = oracle(staging, own, attempts).done
    stood_in = tuple(task for task in outcome.done if task not in alone)
    return msgspec.structs.replace(outcome, done=tuple(task for task in outcome.done if task in alone)), stood_in
