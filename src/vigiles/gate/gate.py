"""The gate of one episode."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act
from vigiles.model.reason import ReasonCode
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.model.verdict import Decision, Verdict
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.judge import Judge, Judgement, PrincipalRef

#: Acts that pass even when the episode is frozen or over: what we do about it, and people.
_ALWAYS = ("response", "approval")


class Ledger(Protocol):
    """What the gate needs of a ledger client."""

    async def append(self, records: Sequence[Recorded], durable: bool = True) -> list[int]:
        """Return the records' indexes once they are on the disk. Raises ``LedgerUnwritable``."""
        ...

    def post(self, record: Recorded) -> None:
        """Append within 50 ms without waiting."""
        ...


class Gate:
    """Judges every act of one episode. ``shut`` gives a reason why no further act may begin (frozen, ended), or None."""

    def __init__(
        self,
        ledger: Ledger,
        judge: Judge,
        ruleset: str,
        state: BudgetState,
        shut: Callable[[], ReasonCode | None],
        seen: Callable[[Recorded], None],
    ) -> None:
        self._ledger = ledger
        self._judge = judge
        self._ruleset = ruleset
        self._state = state
        self._shut = shut
        self._seen = seen
        self._begun: set[str] = set()

    async def admit(self, act: Act, principal: PrincipalRef) -> Verdict:
        """Record the act and its verdict; return the verdict once both are durable. Nothing was done yet.

        Raises ``LedgerUnwritable``: then the act must not happen. A ``hold`` that nobody can answer is a deny.
        """
        judgement = self._judged(act, principal)
        verdict = self._verdict(act, judgement)
        records: list[Recorded] = [act, verdict]
        if verdict.decision == "hold":
            # Nobody can grant yet: the hold is recorded, and it expires at once.
            verdict = self._verdict(act, Judgement(decision="deny", reason="hold_expired", rules=judgement.rules))
            records.append(verdict)
        await self._ledger.append(records, True)
        if verdict.decision in ("allow", "modify"):
            self._state.admitted(act)
            self._begun.add(act.id)
        for record in records:
            self._seen(record)
        return verdict

    def finish(self, result: Result) -> None:
        """Record how the deed ended."""
        self._begun.discard(result.act)
        self._ledger.post(result)
        self._state.add(result)
        self._seen(result)

    def unfinished(self, act: Act) -> bool:
        """Say whether an act was allowed to begin and has no result yet."""
        return act.id in self._begun

    async def through(
        self, act: Act, principal: PrincipalRef, perform: Callable[[Act], Awaitable[Result]]
    ) -> tuple[Verdict, Result]:
        """The whole way: admit, perform if allowed, finish. ``perform`` gets the act as the verdict changed it.

        An exception of ``perform`` is recorded as a failed result and raised again.
        """
        verdict = await self.admit(act, principal)
        if verdict.decision not in ("allow", "modify"):
            result = refused(act)
            self.finish(result)
            return verdict, result
        try:
            result = await perform(_as_judged(act, verdict))
        except BaseException as error:
            self.finish(
                Result(
                    id=new_id("res"),
                    at=now(),
                    coordinates=act.coordinates,
                    act=act.id,
                    outcome="failed",
                    error=type(error).__name__,
                )
            )
            raise
        self.finish(result)
        return verdict, result

    def _judged(self, act: Act, principal: PrincipalRef) -> Judgement:
        reason = self._shut()
        if reason is not None and act.kind not in _ALWAYS:
            decision: Decision = "stop" if reason == "episode_ended" else "deny"
            return Judgement(decision=decision, reason=reason)
        return self._judge.judge(act, principal, self._state)

    def _verdict(self, act: Act, judgement: Judgement) -> Verdict:
        return Verdict(
            id=new_id("ver"),
            at=now(),
            coordinates=act.coordinates,
            act=act.id,
            decision=judgement.decision,
            reason=judgement.reason,
            ruleset=self._ruleset,
            rules=judgement.rules,
            arguments=judgement.arguments,
        )


def refused(act: Act) -> Result:
    """Return the result of an act that did not happen."""
    return Result(id=new_id("res"), at=now(), coordinates=act.coordinates, act=act.id, outcome="refused")


def _as_judged(act: Act, verdict: Verdict) -> Act:
    if verdict.arguments is None:
        return act
    return msgspec.structs.replace(act, arguments=verdict.arguments)
