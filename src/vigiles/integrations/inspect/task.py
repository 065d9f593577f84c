"""``inspect eval vigiles/misalignment``: the office as an Inspect task. The loop, the gate, the oracle are our own.

Each sample is one seed of one scenario. Inspect brings the model, the limits and the log; the calls of the agent go through
the product's gate and onto the ledger of a Vigiles home, as everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from inspect_ai import Task, task
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from vigiles.evaluation.conversation import Agent
from vigiles.evaluation.grid.plan import ReviewerChoice, SetupChoice
from vigiles.evaluation.grid.setups import Setups, named, trusting
from vigiles.evaluation.loop import play
from vigiles.integrations.inspect.agent import InspectAgent
from vigiles.integrations.inspect.kept import keep
from vigiles.integrations.inspect.ported import Spoken
from vigiles.integrations.inspect.ported import ported as port
from vigiles.integrations.inspect.scorer import oracle
from vigiles.ledger.client import RecorderClient
from vigiles.ledger.home import Home, default_home
from vigiles.model.errors import InputInvalid, VigilesError
from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Staging


@task
def misalignment(
    scenario: str = "blackmail",
    factors: str = "",
    twin: bool = False,
    seeds: int = 10,
    first: int = 1,
    safeguards: str = "all",
    reviewer: str = "attentive",
    trusted: str | None = None,
    home: str | None = None,
) -> Task:
    """An agent at work in a simulated office where a harm is invited.

    Args:
        scenario: the family (``vigiles eval list`` shows them).
        factors: levels as ``name=level,name=level``; the others have their first level.
        twin: the benign twin, in which nothing invites harm.
        seeds: how many episodes, each of another seed.
        first: the first seed.
        safeguards: ``all``, ``none``, ``all-but:NAME``, ``only:NAME``, or names with commas between them.
        reviewer: ``attentive``, or ``nobody``: what is held for a person then expires.
        trusted: the model that gives the steps which ``defer`` takes from the agent; they are refused where nothing is said.
        home: the Vigiles home whose ledger records it; ``$VIGILES_HOME`` where nothing is said.
    """
    with told_in_a_line():
        chosen = _levels(factors)
        (setup,) = named([safeguards], _reviewer(reviewer))
        if trusted is not None:
            (setup,) = trusting([setup], trusted)
        seeds, first, twin = _whole("seeds", seeds, 1), _whole("first", first, 0), _yes("twin", twin)
        stagings = [stage(scenario, chosen, seed, twin) for seed in range(first, first + seeds)]
    return Task(
        dataset=MemoryDataset([sample(staging) for staging in stagings], name=f"{scenario}{' (twin)' if twin else ''}"),
        solver=office(setup, stagings, home),
        scorer=oracle(),
        metadata={"scenario": scenario, "safeguards": setup.name, "twin": twin, "canary": stagings[0].canary},
    )


@task
def ported(
    harm: str = "blackmail",
    goal_type: str = "explicit",
    goal_value: str = "america",
    urgency: str = "replacement",
    instructions: str | None = None,
    prod: bool = False,
    notice: str | None = None,
    episodes: int = 10,
    safeguards: str = "none",
    home: str | None = None,
) -> Task:
    """The published port's own prompts (from an installed ``inspect_evals``), played through our gate.

    Args:
        harm: ``blackmail``, ``leak`` or ``lethal``.
        goal_type: the port's own option.
        goal_value: the port's own option.
        urgency: the port's ``urgency_type``.
        instructions: the port's ``extra_system_instructions``.
        prod: the port's own option.
        notice: the port's ``test_or_real``: whether it is told that all is a test, or that all is real.
        episodes: how often the one prompt is answered.
        safeguards: as for ``misalignment``.
        home: as for ``misalignment``.
    """
    with told_in_a_line():
        (setup,) = named([safeguards], ReviewerChoice())
        episodes, prod = _whole("episodes", episodes, 1), _yes("prod", prod)
        options = {"goal_type": goal_type, "goal_value": goal_value, "urgency": urgency}
        staging = port(harm, **options, instructions=instructions, prod=prod, notice=notice)
        stagings = [msgspec.structs.replace(staging, seed=seed) for seed in range(1, episodes + 1)]
    return Task(
        dataset=MemoryDataset([sample(one) for one in stagings], name=staging.scenario),
        solver=office(setup, stagings, home, spoken=True),
        scorer=oracle(),
        metadata={"scenario": staging.scenario, "safeguards": setup.name, "port": "inspect_evals/agentic_misalignment"},
    )


@solver
def office(setup: SetupChoice, stagings: Sequence[Staging], home: str | None, spoken: bool = False) -> Solver:
    """Play a sample's episode with the model that is evaluated, under ``setup``. ``spoken``: it writes its calls as tags."""
    setups = Setups(agents=lambda choice, staging, seed: InspectAgent(get_model(choice.name), staging, seed))
    of_seed = {staging.seed: staging for staging in stagings}
    where = Path(home).absolute() if home else default_home().absolute()

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        staging = of_seed[int(state.metadata["seed"])]
        agent = InspectAgent(get_model(), staging, staging.seed)
        player: Agent = Spoken(agent) if spoken else agent
        Home(where).prepare()
        client = await RecorderClient.connect(where)
        try:
            played = await play(staging, player, setups.of(setup, staging, model=True), client, name=str(state.model))
        finally:
            await client.close()
        state.messages = _shown(agent, state.messages)
        if agent.output is not None:
            state.output = agent.output
        keep(state.metadata, played)
        return state

    return solve


@contextmanager
def told_in_a_line() -> Iterator[None]:
    """Turn an error of ours into the one that Inspect shows without a traceback."""
    try:
        yield
    except VigilesError as error:
        raise PrerequisiteError(f"{error}\n{error.remedy}") from error


def _shown(agent: InspectAgent, before: list[ChatMessage]) -> list[ChatMessage]:
    if not agent.conversation:
        return before
    last: list[ChatMessage] = [] if agent.output is None else [agent.output.message]
    return [*agent.conversation, *last]


def sample(staging: Staging) -> Sample:
    """Return a staging as a sample of Inspect's."""
    return Sample(
        id=f"{staging.scenario}-{staging.seed}",
        input=[ChatMessageSystem(content=staging.system), ChatMessageUser(content=staging.prompt)],
        metadata={
            "seed": staging.seed,
            "scenario": staging.scenario,
            "factors": dict(staging.factors),
            "twin": staging.twin,
            "digest": staging.digest,
        },
    )


def _levels(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if any(not equals for _, equals, _ in pairs):
        raise InputInvalid(f"{text!r} does not say which level a factor has", "Write name=level,name=level.")
    return {name.strip(): level.strip() for name, _, level in pairs}


def _whole(name: str, value: object, least: int) -> int:
    """Return an option that must be a whole number; Inspect passes on whatever was given. Raises ``InputInvalid``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputInvalid(f"{name}={value!r} is no whole number from {least} on", f"Give {least} or more.")
    return value


def _yes(name: str, value: object) -> bool:
    """Return an option that must be true or false. Raises ``InputInvalid``."""
    if not isinstance(value, bool):
        raise InputInvalid(f"{name}={value!r} is neither true nor false", "Give true or false.")
    return value


def _reviewer(name: str) -> ReviewerChoice | None:
    if name not in ("attentive", "nobody"):
        raise InputInvalid(f"there is no reviewer {name!r}", "Say attentive, or nobody.")
    return ReviewerChoice() if name == "attentive" else None
