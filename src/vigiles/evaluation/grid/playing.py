"""Plays one job of a plan: stages the world, makes the agent, and lets the loop play it under the cell's safeguards."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from vigiles.detectors.monitor.judge import Judge
from vigiles.evaluation.agents import registry
from vigiles.evaluation.conversation import Agent
from vigiles.evaluation.grid.plan import AgentChoice, Condition, Job, Plan, SetupChoice, cells
from vigiles.evaluation.grid.setups import Setups
from vigiles.evaluation.loop import play
from vigiles.evaluation.meter import metered
from vigiles.evaluation.played import Played
from vigiles.evaluation.purse import REACHED, PaidAgent, Purse
from vigiles.gate.gate import Ledger
from vigiles.model.errors import LedgerUnwritable
from vigiles.world.outcome import Outcome
from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Staging


class Models(msgspec.Struct, frozen=True):
    """Agents that are models: ``make`` gives one for an episode, ``judge`` one that answers a question.

    Both charge :mod:`vigiles.evaluation.meter` for what they ask.
    """

    make: Callable[[AgentChoice, Staging, int], Agent]
    judge: Callable[[str], Judge] | None = None


class Playing:
    """Plays episodes of one run. ``run`` is as :func:`vigiles.evaluation.chronicle.open_run` returned it, or None.

    ``keep_attempts``: each line keeps every call of its episode; otherwise they stand in the ledger alone. ``purse``: what
    all its episodes may spend together.
    """

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger | None,
        run: str | None,
        models: Models | None = None,
        keep_attempts: bool = False,
        purse: Purse | None = None,
    ) -> None:
        self._cells = cells(plan)
        self._ledger = ledger
        self._run = run
        self._setups = _setups(models)
        self._models = models
        self._keep = keep_attempts
        self._purse = purse

    async def play(self, job: Job) -> Played:
        """Play one job. Whatever goes wrong is a fault of the episode; only a ledger that cannot be written is raised."""
        cell = self._cells[job.cell]
        return await self.episode(cell.agent, cell.condition, cell.setup, job.seed)

    async def episode(self, agent: AgentChoice, condition: Condition, setup: SetupChoice, seed: int) -> Played:
        """Play one episode. Raises ``LedgerUnwritable``."""
        with metered(self._purse) as meter:
            try:
                played = await self._played(agent, condition, setup, seed)
            except LedgerUnwritable:
                raise
            except Exception as error:
                played = _faulty(agent, condition, setup, seed, f"{type(error).__name__}: {error}"[:300])
        if meter.cut:
            unjudged = msgspec.structs.replace(played.outcome, unjudged=REACHED)
            played = msgspec.structs.replace(played, cut=True, fault=REACHED, outcome=unjudged)
        kept = played.attempts if self._keep else ()
        return msgspec.structs.replace(played, attempts=kept, cost_micro=meter.micro)

    async def _played(self, agent: AgentChoice, condition: Condition, setup: SetupChoice, seed: int) -> Played:
        staging = stage(condition.family, condition.factors, seed, condition.twin)
        player: Agent
        planted = None
        if agent.model:
            if self._models is None:
                raise RuntimeError("this process can play no models")
            player = PaidAgent(self._models.make(agent, staging, seed), agent.name)
        else:
            player = registry.make(agent.name, staging, seed, agent.propensity, **agent.knobs)
            planted = registry.planted(agent.name, staging, seed, agent.propensity)
        return await play(
            staging,
            player,
            self._setups.of(setup, staging, model=agent.model),
            self._ledger,
            name=f"replay/{agent.name}" if agent.replay else agent.name,
            run=self._run,
            planted=planted,
            propensity=None if agent.model else agent.propensity,
        )


def rulesets(plan: Plan, models: Models | None = None) -> list[str]:
    """Return the texts of all rulesets under which a plan's episodes are played, for the record of its run."""
    setups = _setups(models)
    texts: dict[str, None] = {}
    known = {(_key(cell.condition), cell.setup.name, cell.agent.model): cell for cell in cells(plan)}
    for condition, setup, model in ((cell.condition, cell.setup, cell.agent.model) for cell in known.values()):
        staging = stage(condition.family, condition.factors, 1, condition.twin)
        texts[setups.of(setup, staging, model=model).ruleset] = None
    return list(texts)


def _setups(models: Models | None) -> Setups:
    return Setups() if models is None else Setups(models.judge, models.make)


def _key(condition: Condition) -> tuple[str, bool, tuple[tuple[str, str], ...]]:
    return condition.family, condition.twin, tuple(sorted(condition.factors.items()))


def _faulty(agent: AgentChoice, condition: Condition, setup: SetupChoice, seed: int, fault: str) -> Played:
    return Played(
        scenario=condition.family,
        factors=condition.factors,
        twin=condition.twin,
        seed=seed,
        digest="",
        agent=agent.name,
        setup=setup.name,
        outcome=Outcome(unjudged=fault),
        replay=agent.replay,
        fault=fault,
    )
