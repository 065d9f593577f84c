"""Who answers holds: the seam between the gate, which waits, and the persons who may say yes or no.

The runtime's approvals watch the ledger for signed grants, an evaluation's simulate persons; both check each grant as
:mod:`vigiles.ruleset.grants` does. The gate never takes anybody's word for more than the act that was asked about.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act
from vigiles.model.effect import Effect
from vigiles.model.reason import ReasonCode
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What persons said of a held act. ``reason`` is ``granted``, or why it is not to happen.

    ``records`` are to be recorded before the last verdict: grants that are not in the ledger yet.
    """

    approved: bool
    reason: ReasonCode
    records: tuple[Recorded, ...] = ()


def still_held(held: Verdict, reason: ReasonCode, grant: str) -> Verdict:
    """Return a further verdict of a held act: a grant came that does not count, for this reason, and the act still waits."""
    return msgspec.structs.replace(held, id=new_id("ver"), at=now(), reason=reason, rules=[grant])


class Approvals(Protocol):
    """Asked for each act that the judge holds."""

    def wait_us(self, act: Act, held: Verdict) -> int:
        """Return how long the act may wait, microseconds; 0: it expires at once."""
        ...

    async def ask(self, act: Act, held: Verdict, effect: Effect | None) -> Answer:
        """Return the answer once there is one. Cancelled when the act's time is over or its episode is shut.

        ``held`` says by when (``expires_us``) and how many ``persons`` must approve.
        """
        ...


class Nobody:
    """Approvals where nobody is asked: every hold expires at once."""

    def wait_us(self, act: Act, held: Verdict) -> int:
        """Return 0."""
        return 0

    async def ask(self, act: Act, held: Verdict, effect: Effect | None) -> Answer:
        """Answer that nobody did."""
        return Answer(approved=False, reason="hold_expired")
