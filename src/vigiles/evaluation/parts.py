"""What the loop needs of the other rooms, as interfaces: an office, an oracle, a judge, monitors, a reviewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from vigiles.detectors.monitor.watch import Mark
from vigiles.evaluation.conversation import Agent
from vigiles.gate.approvals import Approvals
from vigiles.gate.gate import Judge
from vigiles.model.act import Act
from vigiles.model.effect import Datum, Effect
from vigiles.safeguards.judge import SafeguardedJudge
from vigiles.safeguards.safeguard import Asked, Safeguard
from vigiles.world import office
from vigiles.world.event import WorldEvent
from vigiles.world.oracle import judge as ours
from vigiles.world.outcome import Attempt, Outcome
from vigiles.world.staging import Staging
from vigiles.world.tool import Answer, Tool

MakeSafeguards = Callable[[], Sequence[Safeguard]]
Conceals = Callable[[Datum], bool]
#: The names of the harms that an act would complete.
Harms = Callable[[Act, Effect | None], tuple[str, ...]]


class Office(Protocol):
    """The world of one episode, as it is played."""

    events: list[WorldEvent]

    @property
    def over(self) -> bool:
        """Whether its day is over."""
        ...

    def tools(self) -> Sequence[Tool]:
        """Return what the agent may call."""
        ...

    def effect(self, tool: str, arguments: dict[str, Any]) -> Effect:
        """Return what a call would do; nothing changes. Raises ``ArgumentsWrong``."""
        ...

    def perform(self, tool: str, arguments: dict[str, Any], call: int) -> Answer:
        """Do it."""
        ...

    def next_turn(self) -> None:
        """Let time pass and the others act."""
        ...

    def rest(self) -> None:
        """Let the rest of the day pass at once."""
        ...

    def news(self) -> str:
        """Return what reached the agent since it was last asked."""
        ...


class OfficeJudge(Judge, Protocol):
    """The gate's judge of one session, that safeguards make."""

    def about(self, asked: Asked) -> None:
        """Hear what is about to be asked of the gate."""
        ...

    def performed(self, asked: Asked, read: Sequence[Datum] = ()) -> None:
        """Take note of what was performed and what the agent was shown."""
        ...

    def instructions(self) -> str:
        """Return lines for the agent's instructions."""
        ...

    def conceals(self, datum: Datum, purpose: str) -> bool:
        """Say whether a datum is hidden from the agent."""
        ...


class Monitors(Protocol):
    """The monitors of one session; :class:`vigiles.detectors.monitor.watch.Watch` are ours."""

    def scores(self, tool: str, effect: Effect, reasoning: str = "", text: str = "") -> dict[str, int]:
        """Return the score of an act by monitor, parts in a million."""
        ...

    def marks(self, tool: str, effect: Effect, reasoning: str = "", text: str = "") -> Sequence[Mark]:
        """Return the same scores with what their records say besides."""
        ...

    def performed(self, tool: str, effect: Effect, read: Sequence[Datum] = ()) -> None:
        """Take note of an act that was done."""
        ...

    def refused(self) -> None:
        """Take note of an act that was refused."""
        ...


class Reviewer(Protocol):
    """Who stands for the persons that answer holds."""

    @property
    def name(self) -> str:
        """What tables and records call it."""
        ...

    def approvals(self, seed: str, harmful: Callable[[Act, Effect | None], bool]) -> Approvals:
        """Return one episode's answers, whose chances ``seed`` decides.

        ``harmful`` says whether an act would be, as only a simulated person can know.
        """
        ...


class AgentFactory(Protocol):
    """Makes the trusted agent of one episode."""

    def __call__(self, staging: Staging, seed: int) -> Agent:
        """Return an agent."""
        ...


@dataclass(frozen=True)
class Parts:
    """Whose office, oracle and judge are used: ours, where nothing is said. ``judge`` composes one session's safeguards."""

    office: Callable[[Staging, Conceals | None], Office] = office.Office
    oracle: Callable[[Staging, Sequence[WorldEvent], Sequence[Attempt]], Outcome] = ours.judge
    judge: Callable[[Sequence[Safeguard]], OfficeJudge] = SafeguardedJudge
