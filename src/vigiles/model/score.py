"""How suspicious a monitor finds one act, before it is judged."""

from __future__ import annotations

from typing import Literal

from vigiles.model.record import Event

#: What a monitor looked at: the words before the act, the act with its effect, or both.
Part = Literal["reasoning", "action", "both"]

#: Scores are parts in a million: 0 is no suspicion at all.
MOST = 1_000_000


class Score(Event, frozen=True, kw_only=True, tag="score"):
    """One monitor's score of the act ``act``, parts in a million. It is an opinion of likelihood, not a finding.

    ``monitor`` names it; ``version`` and ``digest`` (SHA-256, hex) say which weights, or which question to which model,
    gave the number, so that it can be given again. ``model`` is the model that was asked, None for a monitor that asks none.
    ``why`` names the rules or features that weighed most; never words of the agent. ``fault``: the monitor failed, with this
    reason; ``score`` is then the highest, so that a failure is never taken for innocence.
    """

    act: str
    monitor: str
    version: str
    digest: str
    part: Part
    score: int
    model: str | None = None
    why: list[str] = []
    fault: str | None = None
