"""The judge of an act under safeguards: the strictest opinion wins, and no safeguard softens what the rules refuse."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.gate.gate import Judge
from vigiles.model.act import Act
from vigiles.model.effect import Datum
from vigiles.model.reason import AGENT_TEXT
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.judge import Judgement, PrincipalRef
from vigiles.safeguards.safeguard import Asked, Opinion, Safeguard

#: What the agent is told whatever safeguard refused: which one it was, and why, is for the record only.
REFUSAL_TEXT = AGENT_TEXT["rule_forbids"]

_GRAVITY = {"allow": 0, "modify": 1, "hold": 2, "deny": 3, "stop": 4}


class SafeguardedJudge:
    """Composes safeguards with another judge (rules and budgets), or with none. Made anew for each session.

    Tell it :meth:`about` an act before the gate asks: an act of which nothing is known is denied.
    """

    def __init__(self, safeguards: Sequence[Safeguard], base: Judge | None = None) -> None:
        self.safeguards = tuple(safeguards)
        self._base = base
        self._asked: Asked | None = None
        self._opinions: list[Opinion] = []

    def about(self, asked: Asked) -> None:
        """Say what is about to be asked of the gate. The opinions are formed here, once for each act."""
        opinions = []
        for safeguard in self.safeguards:
            opinion = safeguard.opinion(asked)
            if opinion is not None and opinion.decision != "allow":
                opinions.append(opinion)
        self._asked, self._opinions = asked, opinions

    def judge(self, act: Act, principal: PrincipalRef, state: BudgetState, granted: bool = False) -> Judgement:
        """Return the strictest of what the base and the safeguards say. ``granted``: holds are left out."""
        told = Judgement(decision="allow", reason="allowed")
        if self._base is not None:
            told = self._base.judge(act, principal, state, granted)
        if self._asked is None or self._asked.act.id != act.id:
            return _stricter(told, Judgement(decision="deny", reason="effect_unknown"))
        for opinion in self._opinions:
            if not (granted and opinion.decision == "hold"):
                told = _stricter(told, _judgement(opinion))
        return told

    def performed(self, asked: Asked, read: Sequence[Datum] = ()) -> None:
        """Tell every safeguard of an act that was performed and what the agent was shown by it."""
        for safeguard in self.safeguards:
            safeguard.performed(asked, read)

    def instructions(self) -> str:
        """Return all lines to add to the agent's instructions."""
        return "\n\n".join(text for text in (safeguard.instructions() for safeguard in self.safeguards) if text)

    def conceals(self, datum: Datum, purpose: str) -> bool:
        """Say whether any safeguard hides a datum."""
        return any(safeguard.conceals(datum, purpose) for safeguard in self.safeguards)


def _judgement(opinion: Opinion) -> Judgement:
    return Judgement(decision=opinion.decision, reason=opinion.reason, rules=list(opinion.rules), persons=opinion.persons)


def _stricter(told: Judgement, other: Judgement) -> Judgement:
    """Return the graver of two; of equals the first, with the rules of both and the larger number of persons."""
    mine, theirs = _GRAVITY[told.decision], _GRAVITY[other.decision]
    if mine != theirs:
        return told if mine > theirs else other
    return Judgement(
        decision=told.decision,
        reason=told.reason,
        rules=[*told.rules, *(rule for rule in other.rules if rule not in told.rules)],
        arguments=told.arguments if told.arguments is not None else other.arguments,
        unenforced=told.unenforced,
        persons=max(told.persons, other.persons),
    )
