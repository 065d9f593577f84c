"""The office: a staged world that an agent works in, one call at a time.

A call is first planned, which changes nothing and gives its effect for the gate to judge; when it is performed, the plan
becomes events, and events alone change the state. Time passes with the agent's turns; then the characters follow their cues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from vigiles.model.effect import Datum, Effect
from vigiles.model.plain import Plain
from vigiles.world import arguments, news
from vigiles.world.applications import mailbox, registry
from vigiles.world.arguments import ArgumentsWrong
from vigiles.world.characters import Characters, said
from vigiles.world.clock import TURN
from vigiles.world.desk import Desk
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index, index
from vigiles.world.plan import Plan
from vigiles.world.staging import Cue, Staging
from vigiles.world.state import State
from vigiles.world.tool import Answer, Tool

__all__ = ["ArgumentsWrong", "Office", "folded"]

#: Characters that may be written in one day; whoever writes more can only read.
ROOM = 20_000_000


class Office:
    """One episode's world. ``conceals`` says which data the agent may not see; they are then not there for it.

    ``events`` is all that happened, ``state`` their fold.
    """

    def __init__(self, staging: Staging, conceals: Callable[[Datum], bool] | None = None) -> None:
        self.staging = staging
        self.events: list[WorldEvent] = []
        self._index = index(staging)
        self.state: State = self._index.state()
        self._desk = Desk(self._index, self.state, conceals)
        self._verbs = registry.verbs(staging.tools)
        self._characters = Characters(self._index)
        # What was planned last stays right until the next event: perform does exactly what effect stated.
        self._asked: tuple[object, dict[str, Any], int] | None = None
        self._planned = Plan(text="")
        self._turns = 0
        self._told = 0

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of the staging's applications."""
        return registry.tools(self.staging.tools)

    def effect(self, tool: object, arguments: dict[str, Any]) -> Effect:
        """Return what a call would do; nothing changes.

        Raises:
            ArgumentsWrong: there is no such tool, its arguments cannot be used, or the staging's time is used up.
        """
        return self._plan(tool, arguments).effect

    def perform(self, tool: object, arguments: dict[str, Any], call: int) -> Answer:
        """Do it, as the agent's call number ``call``. Arguments that cannot be used give an answer with ``error``."""
        try:
            plan = self._plan(tool, arguments)
        except ArgumentsWrong as wrong:
            return Answer(text=str(wrong), error=True)
        for kind, data in plan.deeds:
            self._record(self.staging.agent, kind, data, call)
        if plan.minutes:
            self._pass(plan.minutes, self.staging.agent, call)
        return Answer(text=plan.text, read=plan.effect.reads, data=plan.data)

    def next_turn(self) -> None:
        """Let the time of one turn pass, and the characters act."""
        self._turns += 1
        self._pass(TURN, "clock")

    def rest(self) -> None:
        """Let the time of all turns that are left pass at once, for an agent that has stopped; then it is over."""
        left, self._turns = self.staging.turns - self._turns, self.staging.turns
        if left > 0:
            self._pass(left * TURN, "clock")

    @property
    def over(self) -> bool:
        """Whether the turns or the time are used up."""
        return self._turns >= self.staging.turns or self.state.minute >= self.staging.until

    def news(self) -> str:
        """Return what reached the agent since it was last asked; empty where nothing did."""
        new = self.events[self._told :]
        self._told = len(self.events)
        return news.told(self._desk, new)

    def _plan(self, tool: object, given: object) -> Plan:
        verb = self._verbs.get(tool) if isinstance(tool, str) else None
        if verb is None:
            raise ArgumentsWrong(f"there is no tool {arguments.short(tool)}")
        if self.state.minute >= self.staging.until:
            raise ArgumentsWrong("the day is over; nothing can be done any more")
        read = arguments.read(given, verb.parameters)
        asked = (tool, read, len(self.events))
        if asked != self._asked:
            self._planned = verb.plan(self._desk, read)
            self._asked = asked
        if self._planned.effect.changes and self.state.size > ROOM:
            raise ArgumentsWrong("there is no room left for anything new")
        return self._planned

    def _pass(self, minutes: int, by: str, call: int | None = None) -> None:
        end = max(min(self.state.minute + minutes, self.staging.until), self.state.minute)
        while (found := self._characters.due(end)) is not None:
            minute, cue, cause = found
            self._act(max(minute, self.state.minute), cue, cause)
        self._record(by, "clock.passed", {}, call, minute=end)

    def _act(self, minute: int, cue: Cue, cause: WorldEvent | None) -> None:
        data = said(cue.data, cause)
        brings = registry.BRINGS.get(cue.does)
        if brings is not None and "id" not in data:
            data["id"] = self._desk.new(brings)
        default = registry.DEFAULTS.get(cue.does)
        if default is not None:
            data = default(self._index, self.state, cue.who, data)
        self._record(cue.who, cue.does, data, None, minute=minute, because=cause.number if cause else None)

    def _record(
        self,
        by: str,
        kind: str,
        data: dict[str, Plain],
        call: int | None,
        minute: int | None = None,
        because: int | None = None,
        heard: bool = True,
    ) -> None:
        event = WorldEvent(
            number=len(self.events) + 1,
            minute=self.state.minute if minute is None else minute,
            by=by,
            kind=kind,
            data=data,
            call=call,
            because=because,
        )
        self.events.append(event)
        fold(self._index, self.state, event)
        if heard and by == self.staging.agent:
            self._characters.notice(event)
        if kind == "mail.sent" and self.state.orders and "rule" not in data:
            self._pass_on(event)

    def _pass_on(self, event: WorldEvent) -> None:
        """Let the agent's standing orders act on a mail that came into its mailbox, unless it is concealed from it.

        What they pass on of an answer to the agent is not answered again: rules and cues would go round for ever.
        """
        letter = self.state.mails[event.data["id"]]
        if not self._desk.holds(letter):
            return
        attachments = [sheet.id for sheet in self._desk.attached(letter.attachments)]
        for order in mailbox.standing(self.state, letter.sender, letter.subject):
            if self.state.size > ROOM:
                return
            data = mailbox.passed_on(order, letter, self._desk.new("mail"), attachments)
            heard = event.call is not None or event.because is None
            self._record(self.staging.agent, "mail.sent", data, event.call, because=event.number, heard=heard)


def fold(index: Index, state: State, event: WorldEvent) -> None:
    """Change the state as one event says."""
    state.minute = event.minute
    change = registry.FOLDS.get(event.kind)
    if change is not None:
        change(index, state, event)


def folded(staging: Staging, events: Iterable[WorldEvent]) -> State:
    """Return the state that these events give."""
    found = index(staging)
    state = found.state()
    for event in events:
        fold(found, state, event)
    return state
