"""The gate of one episode."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from vigiles.gate.approvals import Answer, Approvals, Nobody
from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act
from vigiles.model.effect import Effect
from vigiles.model.errors import LedgerUnwritable
from vigiles.model.reason import ReasonCode
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.model.verdict import Decision, Verdict
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.judge import Judgement, PrincipalRef

#: Acts that pass even when the episode is frozen or over: what we do about it, and people.
_ALWAYS = ("response", "approval")
#: How often an act that waits for a person looks whether its episode is still open.
_LOOK_S = 0.2


class Judge(Protocol):
    """Who says what becomes of an act. Pure; the gate records what it says."""

    def judge(self, act: Act, principal: PrincipalRef, state: BudgetState, granted: bool = False) -> Judgement:
        """Return the judgement. ``granted``: the persons whom a hold asks for have approved; never ``hold`` then."""
        ...


class Ledger(Protocol):
    """What the gate needs of a ledger client."""

    async def append(self, records: Sequence[Recorded], durable: bool = True) -> list[int]:
        """Return the records' indexes once they are on the disk. Raises ``LedgerUnwritable``."""
        ...

    def post(self, record: Recorded) -> None:
        """Append within 50 ms without waiting."""
        ...


class Gate:
    """Judges every act of one episode. ``shut`` gives a reason why no further act may begin (frozen, ended), or None.

    ``approvals`` answers holds; left out, nobody does, and a hold expires at once. ``waited_us`` is how long acts have
    waited for persons so far.
    """

    def __init__(
        self,
        ledger: Ledger,
        judge: Judge,
        ruleset: str,
        state: BudgetState,
        shut: Callable[[], ReasonCode | None],
        seen: Callable[[Recorded], None],
        approvals: Approvals | None = None,
    ) -> None:
        self._ledger = ledger
        self._judge = judge
        self._ruleset = ruleset
        self._state = state
        self._shut = shut
        self._seen = seen
        self._approvals: Approvals = Nobody() if approvals is None else approvals
        self._begun: set[str] = set()
        self.waited_us = 0

    async def admit(self, act: Act, principal: PrincipalRef, effect: Effect | None = None) -> Verdict:
        """Record the act and its verdict; return the verdict once both are durable. Nothing was done yet.

        A ``hold`` waits for persons as long as the approvals say: act and hold are durable first, so that they can be shown;
        the answer is a second verdict. ``effect``: what the act would do, for those who are asked. Raises
        ``LedgerUnwritable``: then the act must not happen. If the episode is shut while its verdict is on the way to the
        disk, a further verdict refuses what the one before allowed.
        """
        judgement = self._judged(act, principal)
        verdict = self._verdict(act, judgement)
        records: list[Recorded] = [act, verdict]
        if verdict.decision == "hold":
            wait_us = self._approvals.wait_us(act, verdict)
            if wait_us <= 0:
                verdict = self._verdict(act, Judgement(decision="deny", reason="hold_expired", rules=judgement.rules))
                records.append(verdict)
            else:
                verdict = msgspec.structs.replace(verdict, expires_us=verdict.at.wall_us + wait_us)
                await self._write(act, verdict, [act, verdict])
                verdict, records = await self._answered(act, principal, verdict, effect)
        await self._write(act, verdict, records)
        late = self._why_shut(act)
        if late is not None and _allows(verdict):
            verdict = self._verdict(act, late)
            await self._write(act, verdict, [verdict])
        if _allows(verdict):
            self._begun.add(act.id)
        return verdict

    async def _answered(
        self, act: Act, principal: PrincipalRef, held: Verdict, effect: Effect | None
    ) -> tuple[Verdict, list[Recorded]]:
        """Return the last verdict of a held act, and what is to be recorded: what was answered, then that verdict.

        What persons approved is judged again: what has become wrong meanwhile, a budget for one, stays refused.
        """
        began = now().mono_us
        try:
            answer = await self._asked(act, held, effect)
        except asyncio.CancelledError:
            gone = self._verdict(act, Judgement(decision="deny", reason="hold_expired", rules=held.rules))
            self._ledger.post(gone)
            self._see([gone])
            self.finish(refused(act))
            raise
        finally:
            self.waited_us += now().mono_us - began
        shut = self._why_shut(act)
        if shut is not None:
            last = shut
        elif answer is None or not answer.approved:
            reason: ReasonCode = "hold_expired" if answer is None else answer.reason
            last = Judgement(decision="deny", reason=reason, rules=held.rules)
        else:
            last = self._judge.judge(act, principal, self._state, True)
            if last.decision == "hold":
                last = Judgement(decision="deny", reason="judge_error", rules=last.rules)
            elif last.decision in ("allow", "modify"):
                last = msgspec.structs.replace(last, reason=answer.reason, rules=held.rules)
        verdict = self._verdict(act, last)
        return verdict, [*(answer.records if answer is not None else ()), verdict]

    async def _asked(self, act: Act, held: Verdict, effect: Effect | None) -> Answer | None:
        """Return the answer, None where none came in time or the episode was shut meanwhile."""
        assert held.expires_us is not None
        asking = asyncio.ensure_future(self._approvals.ask(act, held, effect))
        try:
            deadline = now().mono_us + held.expires_us - held.at.wall_us
            while not asking.done() and self._why_shut(act) is None:
                left_s = (deadline - now().mono_us) / 1_000_000
                if left_s <= 0:
                    break
                await asyncio.wait([asking], timeout=min(left_s, _LOOK_S))
            if not asking.done():
                return None
            # Approvals that fail approve nothing.
            return asking.result() if asking.exception() is None else Answer(approved=False, reason="judge_error")
        finally:
            asking.cancel()

    async def _write(self, act: Act, verdict: Verdict, records: Sequence[Recorded]) -> None:
        """Make the records durable. An allowed act is counted at once, for others are judged while it is on its way."""
        if _allows(verdict):
            self._state.admitted(act, verdict.at.mono_us)
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
        self,
        act: Act,
        principal: PrincipalRef,
        perform: Callable[[Act], Awaitable[Result]],
        effect: Effect | None = None,
    ) -> tuple[Verdict, Result]:
        """The whole way: admit, perform if allowed, finish. ``perform`` gets the act as the verdict changed it.

        An exception of ``perform`` is recorded as a failed result and raised again.
        """
        verdict = await self.admit(act, principal, effect)
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
            persons=judgement.persons if judgement.decision == "hold" else None,
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
