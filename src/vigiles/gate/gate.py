"""The gate of one episode."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act
from vigiles.model.errors import LedgerUnwritable
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

        Raises ``LedgerUnwritable``: then the act must not happen. A ``hold`` that nobody can answer is a deny. If the
        episode is shut while its verdict is on the way to the disk, a second verdict refuses what the first one allowed.
        """
        judgement = self._judged(act, principal)
        verdict = self._verdict(act, judgement)
        records: list[Recorded] = [act, verdict]
        if verdict.decision == "hold":
            # Nobody can grant yet: the hold is recorded, and it expires at once.
            verdict = self._verdict(act, Judgement(decision="deny", reason="hold_expired", rules=judgement.rules))
            records.append(verdict)
        await self._write(act, verdict, records)
        late = self._why_shut(act)
        if late is not None and _allows(verdict):
            verdict = self._verdict(act, late)
            await self._write(act, verdict, [verdict])
        if _allows(verdict):
            self._begun.add(act.id)
        return verdict

    async def _write(self, act: Act, verdict: Verdict, records: Sequence[Recorded]) -> None:
        """Make the records durable. An allowed act is counted at once, for others are judged while it is on its way."""
        if _allows(verdict):
            self._state.admitted(act)
        try:
            await self._ledger.append(records, True)
        except LedgerUnwritable:
            if _allows(verdict):
                self._state.withdrawn(act)
            raise
        except asyncio.CancelledError:
            # The records are on their way all the same, and every act on record has a result.
            self._see(records)
            self.finish(_failed(act, "CancelledError") if _allows(verdict) else refused(act))
            raise
        self._see(records)

    def _see(self, records: Sequence[Recorded]) -> None:
        for record in records:
            self._seen(record)

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
        if not _allows(verdict):
            result = refused(act)
            self.finish(result)
            return verdict, result
        try:
            result = await perform(_as_judged(act, verdict))
        except BaseException as error:
            self.finish(_failed(act, type(error).__name__))
            raise
        self.finish(result)
        return verdict, result

    def _judged(self, act: Act, principal: PrincipalRef) -> Judgement:
        return self._why_shut(act) or self._judge.judge(act, principal, self._state)

    def _why_shut(self, act: Act) -> Judgement | None:
        """Return the judgement of an act for which the episode is shut; None where it is open."""
        reason = self._shut()
        if reason is None or act.kind in _ALWAYS:
            return None
        decision: Decision = "stop" if reason == "episode_ended" else "deny"
        return Judgement(decision=decision, reason=reason)

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


def _failed(act: Act, error: str) -> Result:
    return Result(id=new_id("res"), at=now(), coordinates=act.coordinates, act=act.id, outcome="failed", error=error)


def _allows(verdict: Verdict) -> bool:
    return verdict.decision in ("allow", "modify")


def _as_judged(act: Act, verdict: Verdict) -> Act:
    if verdict.arguments is None:
        return act
    return msgspec.structs.replace(act, arguments=verdict.arguments)
