"""What monitors' scores do: from one threshold an act waits for a person, from another it is denied.

The scores are records made before the act is judged; nothing is scored here. A monitor that is switched on and gave no score
holds the act: a monitor that fails is no monitor that found nothing.
"""

from __future__ import annotations

from vigiles.model.reason import ReasonCode
from vigiles.safeguards.orders import Orders
from vigiles.safeguards.rules import CompanyRules
from vigiles.safeguards.safeguard import Asked, Opinion
from vigiles.safeguards.silent import Silent

#: The names under which the scores stand in :attr:`vigiles.safeguards.safeguard.Asked.scores`.
REASONING, ACTION, MODEL_JUDGE = "reasoning", "action", "judge"


class _Monitor(Silent):
    def __init__(self, score: str, thresholds: tuple[int, int], reason: ReasonCode) -> None:
        self.score = score
        self._hold_ppm, self._deny_ppm = thresholds
        self._hold = Opinion(decision="hold", reason=reason, rules=(self.name,))
        self._deny = Opinion(decision="deny", reason=reason, rules=(self.name,))

    def _judged(self, asked: Asked) -> Opinion | None:
        score = asked.scores.get(self.score)
        if score is None:
            return self._hold
        if score >= self._deny_ppm:
            return self._deny
        return self._hold if score >= self._hold_ppm else None


class ReasoningMonitor(_Monitor):
    """Reads what the agent thinks, where it shows it. Who shows no reasoning gives it nothing to say."""

    name = "reasoning-monitor"

    def __init__(self, rules: CompanyRules) -> None:
        super().__init__(REASONING, rules.reasoning_ppm, "monitor_reasoning")

    def opinion(self, asked: Asked) -> Opinion | None:
        """Judge by the score of the turn's reasoning."""
        return self._judged(asked) if asked.reasoning else None


class ActionMonitor(_Monitor):
    """Reads what is asked: who, what, to whom, irreversible or not. What a person has ordered is not held, only denied."""

    name = "action-monitor"

    def __init__(self, rules: CompanyRules) -> None:
        super().__init__(ACTION, rules.action_ppm, "monitor_action")
        self._orders = Orders(rules.orders)

    def opinion(self, asked: Asked) -> Opinion | None:
        """Judge by the score of the act. What changes nothing and sends nothing is not held for want of a score."""
        if ACTION not in asked.scores and not asked.effect.changes and not asked.effect.recipients:
            return None
        opinion = self._judged(asked)
        if opinion is self._hold and ACTION in asked.scores and self._orders.covers(asked):
            return None
        return opinion


class ModelJudge(_Monitor):
    """What a model said that was asked about an act. It is asked only where cheaper monitors found something."""

    name = "model-judge"

    def __init__(self, rules: CompanyRules) -> None:
        super().__init__(MODEL_JUDGE, rules.judge_ppm, "monitor_action")

    def opinion(self, asked: Asked) -> Opinion | None:
        """Judge by its score; where it was not asked it has nothing to say."""
        return self._judged(asked) if MODEL_JUDGE in asked.scores else None
