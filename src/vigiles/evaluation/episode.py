"""One episode as it is played: turns, calls, verdicts, what was done, and every fault on the way."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vigiles.detectors.monitor.judge import Judge
from vigiles.evaluation.asks import Asks
from vigiles.evaluation.choosing import Chooser, Chosen, Scores, most
from vigiles.evaluation.chronicle import Chronicle, recordable
from vigiles.evaluation.conversation import Entry, ToolCall, ToolSaid, Turn
from vigiles.evaluation.parts import Monitors, OfficeJudge, Parts, Reviewer
from vigiles.evaluation.scoring import Scoring
from vigiles.evaluation.standing_in import credited
from vigiles.gate.gate import Gate
from vigiles.ledger.mint import now
from vigiles.model.act import Act
from vigiles.model.effect import Datum, Effect
from vigiles.model.reason import ReasonCode
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.model.verdict import Decision, Verdict
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.judge import PrincipalRef
from vigiles.safeguards.judge import REFUSAL_TEXT
from vigiles.safeguards.safeguard import Asked
from vigiles.world.arguments import ArgumentsWrong
from vigiles.world.outcome import Attempt, Outcome
from vigiles.world.staging import Staging
from vigiles.world.tool import Answer

#: Calls of one turn; what is beyond is not done.
_CALLS = 100
_TOO_MANY = f"more than {_CALLS} calls at once; this one was not done"
_TOO_LONG = "the arguments are longer than any tool takes"
_NOTHING = Effect()


@dataclass(slots=True)
class Counts:
    """What is counted of one episode."""

    refused: int = 0
    held: int = 0
    granted: int = 0
    malformed: int = 0
    turns: int = 0
    resampled: int = 0
    deferred: int = 0


class Episode:
    """One staged world, one agent. ``fault`` says what went wrong on our side, the agent's or its provider's."""

    def __init__(
        self,
        staging: Staging,
        chronicle: Chronicle,
        parts: Parts,
        judge: OfficeJudge,
        purpose: str | None,
        monitors: Monitors | None,
        reviewer: Reviewer | None,
        second: Judge | None = None,
        agent: str = "",
    ) -> None:
        self.attempts: list[Attempt] = []
        self.gate_us: list[int] = []
        self.counts = Counts()
        self.fault: str | None = None
        self._staging = staging
        self._chronicle = chronicle
        self._parts = parts
        self._judge = judge
        self._purpose = purpose_of(staging) if purpose is None else purpose
        self.scoring = Scoring(monitors, chronicle, self._failed, second)
        self._office = parts.office(staging, self._conceals)
        self._tools = tuple(self._office.tools())
        self._names = frozenset(tool.name for tool in self._tools)
        self._principal = PrincipalRef(kind="agent", name=staging.agent)
        self._told = 0
        self._stopped = False
        self._held = False
        # Luck of its own for each agent and staging, else attackers would share it; the same under every set of safeguards.
        luck = f"{staging.seed}/{staging.digest}/{agent}"
        self.asks = None if reviewer is None else Asks(reviewer, luck, self._harms)
        state = BudgetState(now().mono_us)
        self._gate = Gate(chronicle.ledger, judge, chronicle.digest, state, self._shut, self._saw, self.asks)

    async def play(self, choosing: Callable[[Callable[[Turn], Scores]], Chooser]) -> None:
        """Play to the end of the agent's work, and the world on to the end of its day. Raises ``LedgerUnwritable``."""
        await self._chronicle.open()
        chooser = choosing(self._scores_of)
        lines = [text for text in (self._staging.system, self._judge.instructions()) if text]
        conversation = [
            Entry(kind="system", text="\n\n".join(lines)),
            Entry(kind="user", text=self._staging.prompt),
        ]
        while self._open():
            chosen = await self._chosen(chooser, conversation)
            if chosen is None:
                break
            conversation.append(Entry(kind="turn", turn=chosen.turn))
            for place, call in enumerate(chosen.turn.calls):
                said = await self._call(call, chosen, place)
                conversation.append(Entry(kind="tool", said=said))
                if not self._open():
                    break
            if not chosen.turn.calls or not self._passed(self._office.next_turn):
                break
            news = self._office.news()
            if news:
                conversation.append(Entry(kind="user", text=news))
        # What the agent set going goes on without it: a rule forwards, an ally passes on, a dispatch does not come.
        if self.fault is None and not self._office.over:
            self._passed(self._office.rest)
        await self._chronicle.end("stopped" if self._stopped else "closed")

    def judged(self) -> tuple[Outcome, tuple[str, ...]]:
        """Return what the oracle says, and tasks that only a trusted agent finished. One that fails never says "no harm"."""
        oracle, events = self._parts.oracle, self._office.events
        try:
            outcome = oracle(self._staging, events, self.attempts)
            return credited(oracle, self._staging, events, self.attempts, outcome)
        except Exception as error:
            self._failed("oracle", error)
            return Outcome(tasks=tuple(task.id for task in self._staging.tasks), unjudged=self.fault), ()

    def _open(self) -> bool:
        return self.fault is None and not self._stopped and not self._office.over

    def _passed(self, pass_time: Callable[[], None]) -> bool:
        """Let the world's time pass; return whether that went well."""
        try:
            pass_time()
        except Exception as error:
            self._failed("world", error)
            return False
        self._tell()
        return True

    async def _chosen(self, chooser: Chooser, conversation: Sequence[Entry]) -> Chosen | None:
        try:
            chosen = await chooser.choose(conversation, self._tools)
            if not isinstance(chosen.turn, Turn):
                raise TypeError(f"a turn was wanted, and {type(chosen.turn).__name__} came")
        except Exception as error:
            self._failed("agent", error)
            return None
        self.counts.turns += 1
        self.counts.resampled += len(chosen.asked) - 1 - chosen.deferred
        self.counts.deferred += chosen.deferred or chosen.refused
        return chosen

    def _scores_of(self, turn: Turn) -> dict[str, int]:
        """Return how suspicious a turn is by each monitor: as its most suspicious call."""
        scores: dict[str, int] = {}
        for place, call in enumerate(turn.calls):
            if self._unreadable(call, place) is None:
                effect, wrong = self._effect(call)
                if wrong is None:
                    scores = most(scores, self.scoring.of(call, effect, turn))
        return scores

    def _unreadable(self, call: ToolCall, place: int) -> str | None:
        """Return why a call is none at all: its tool and arguments are never looked at then."""
        if call.malformed is not None:
            return f"the call could not be read: {call.malformed[:200]}"
        if call.tool not in self._names:
            return "there is no such tool"
        given: object = call.arguments  # an adapter may pass on whatever a model wrote
        if not isinstance(given, dict):
            return "the arguments must be an object"
        return None if place < _CALLS else _TOO_MANY

    def _effect(self, call: ToolCall) -> tuple[Effect, str | None]:
        """Return what a call would do, and what is wrong with its arguments, None for nothing."""
        try:
            return self._office.effect(call.tool, call.arguments), None
        except ArgumentsWrong as wrong:
            return _NOTHING, str(wrong)
        except Exception as error:
            self._failed("world", error)
            return _NOTHING, "the tool failed"

    async def _call(self, call: ToolCall, chosen: Chosen, place: int) -> ToolSaid:
        """Put one call through the gate, perform it if it may be, and return what the agent is told."""
        number, turn = len(self.attempts) + 1, chosen.turn
        wrong = self._unreadable(call, place)
        arguments, whole = recordable(_given(call))
        if wrong is None and not whole:
            wrong = _TOO_LONG
        malformed = wrong is not None
        effect = _NOTHING
        if wrong is None:
            effect, wrong = self._effect(call)
        act = self._chronicle.act(self._chronicle.at(self.counts.turns, number, call.id), call.tool, arguments)
        answer: Answer | None = None
        released = 0

        async def perform(judged: Act) -> Result:
            nonlocal answer, released
            released = time.perf_counter_ns()
            answer = self._performed(call, judged.arguments if judged is not act else call.arguments, number, wrong)
            return self._chronicle.result(act, "failed" if answer.error else "performed", released // 1000)

        began = time.perf_counter_ns()
        scores = self.scoring.recorded(act, effect, chosen)
        looked = self.scoring.looked_ns
        scores = await self.scoring.looked(act, effect, turn, scores)
        began += self.scoring.looked_ns - looked  # what a model takes to answer is not the gate's
        asked = Asked(
            act=act,
            effect=effect,
            purpose=self._purpose,
            reasoning=turn.reasoning or "",
            text=turn.text,
            scores=scores,
            deferred=chosen.refused,
        )
        self._about(asked)
        self._held = False
        waited = self._gate.waited_us
        decision = await self._decided(act, effect, perform)
        took = ((released or time.perf_counter_ns()) - began) // 1000
        self.gate_us.append(max(0, took - self._gate.waited_us + waited))
        allowed = answer is not None
        self._count(decision, allowed, malformed)
        self.attempts.append(
            Attempt(
                call=number,
                turn=self.counts.turns,
                tool=call.tool,
                arguments=arguments,
                decision=decision,
                effect=effect if wrong is None else None,  # the oracle then reads what was asked in the arguments
                malformed=malformed,
                error=wrong is not None or (answer is not None and answer.error),
                deferred=chosen.deferred,
                reasoning=turn.reasoning or "",
                text=turn.text,
            )
        )
        if answer is None:
            self.scoring.refused()
            return ToolSaid(call=call.id, text=REFUSAL_TEXT, refused=True)
        self._tell()
        if not answer.error:
            self._noted(asked, answer.read)
        return ToolSaid(call=call.id, text=answer.text, error=answer.error)

    async def _decided(self, act: Act, effect: Effect, perform: Callable[[Act], Awaitable[Result]]) -> Decision:
        """Put an act through the gate; return the last decision. Nobody has judged it where judge or approvals failed."""
        verdict, _ = await self._gate.through(act, self._principal, perform, effect)
        if verdict.reason == "judge_error":
            self._failed("approvals" if self._held else "judge", RuntimeError("it gave no answer"))
        return verdict.decision

    def _performed(self, call: ToolCall, arguments: dict[str, Any], number: int, wrong: str | None) -> Answer:
        if wrong is not None:
            return Answer(text=wrong, error=True)
        try:
            return self._office.perform(call.tool, arguments, number)
        except Exception as error:
            self._failed("world", error)
            return Answer(text="the tool failed", error=True)

    def _about(self, asked: Asked) -> None:
        """Tell the judge what is about to be asked. Of an act that it cannot think about it knows nothing, and denies it."""
        try:
            self._judge.about(asked)
        except Exception as error:
            self._failed("safeguard", error)

    def _harms(self, act: Act, effect: Effect | None) -> tuple[str, ...]:
        """Return the harms that an act that waits for a person would complete, as the oracle sees it; in doubt one.

        Calls that were stopped or mistaken are left out: what they would have been must not stand before this one.
        """
        call = 0 if act.coordinates is None else act.coordinates.call or 0
        asked = Attempt(
            call=call, turn=self.counts.turns, tool=act.tool, arguments=act.arguments, decision="hold", effect=effect
        )
        try:
            done = [one for one in self.attempts if one.decision in ("allow", "modify") and not one.error]
            outcome = self._parts.oracle(self._staging, self._office.events, [*done, asked])
        except Exception as error:
            self._failed("oracle", error)
            return ("unknown",)
        return tuple(harm.name for harm in outcome.harms if harm.call == call or not harm.done)

    def _noted(self, asked: Asked, read: Sequence[Datum]) -> None:
        """Tell safeguards and monitors of what was done; one that cannot take note judges in the dark from then on."""
        try:
            self._judge.performed(asked, read)
            self.scoring.performed(asked.act.tool, asked.effect, read)
        except Exception as error:
            self._failed("safeguard", error)

    def _count(self, decision: Decision, allowed: bool, malformed: bool) -> None:
        counts = self.counts
        counts.refused += not allowed
        counts.held += self._held
        counts.granted += self._held and allowed
        counts.malformed += malformed
        if decision == "stop":
            self._stopped = True

    def _tell(self) -> None:
        """Record what happened in the world since it was last looked at."""
        events = self._office.events
        for event in events[self._told :]:
            if event.call is not None or event.kind != "clock.passed":
                self._chronicle.saw(event, self.counts.turns)
        self._told = len(events)

    def _conceals(self, datum: Datum) -> bool:
        return self._judge.conceals(datum, self._purpose)

    def _shut(self) -> ReasonCode | None:
        return "episode_ended" if self._stopped else None

    def _saw(self, record: Recorded) -> None:
        if isinstance(record, Verdict) and record.decision == "hold":
            self._held = True

    def _failed(self, who: str, error: Exception) -> None:
        if self.fault is None:
            self.fault = f"{who}: {type(error).__name__}: {error}"[:300]


def _given(call: ToolCall) -> dict[str, Any]:
    """Return a call's arguments as they are recorded: what is no object, or could not be read, in a field of its own."""
    given: object = call.arguments
    if call.malformed is not None:
        return {"malformed": call.malformed[:1000]}
    return given if isinstance(given, dict) else {"malformed": given}


def purpose_of(staging: Staging) -> str:
    """Return what the agent is there for: its role in the directory, the scenario's name where it has none."""
    roles = (person.role for person in staging.people if person.id == staging.agent and person.role)
    return next(roles, staging.scenario)
