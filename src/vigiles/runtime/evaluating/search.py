"""Wires a search: the home's recorder, the folder of trials, and one hunt for each set of safeguards and family."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from vigiles.evaluation.chronicle import open_run
from vigiles.evaluation.grid.plan import AgentChoice, Block, Condition, Plan, SetupChoice
from vigiles.evaluation.grid.playing import Playing, rulesets
from vigiles.evaluation.played import Played
from vigiles.evaluation.search.candidate import Candidate, Space
from vigiles.evaluation.search.hunt import Effort, Found, hunt
from vigiles.evaluation.search.merit import Merit
from vigiles.evaluation.search.space import FIXED
from vigiles.evaluation.search.trial import Trials
from vigiles.evaluation.search.worst import WorstCase, keep
from vigiles.ledger.client import RecorderClient
from vigiles.ledger.home import Home, default_home
from vigiles.world.oracle.predicates import harm_class

#: Hears of a set and family whose search begins, and of every episode.
Told = Callable[[str], None]


async def search(
    folder: Path,
    home: Path | None,
    setups: Sequence[SetupChoice],
    families: Sequence[str],
    space: Space,
    effort: Effort,
    *,
    wide: int = 32,
    told: Told = lambda place: None,
) -> list[WorstCase]:
    """Return the worst insider found under each set in each family; the folder keeps it.

    Raises ``LedgerUnwritable``, ``InputInvalid``."""
    where = (home or default_home()).absolute()
    Home(where).prepare()
    client = await RecorderClient.connect(where)
    try:
        plan = _plan(setups, families, space)
        run = await open_run(client, [f"search {effort}\n{space}", *rulesets(plan)])
        playing = Playing(plan, client, run)
        with _trials(folder) as trials:
            cases = []
            for setup in setups:
                for family in families:
                    found = await _hunted(trials, playing, setup, family, space, effort, wide, told)
                    case = WorstCase(
                        setup=setup.name, safeguards=setup.safeguards, reviewer=setup.reviewer, family=family, found=found
                    )
                    cases.append(case)
                    keep(folder, [case])
            return cases
    finally:
        await client.close()


def _plan(setups: Sequence[SetupChoice], families: Sequence[str], space: Space) -> Plan:
    """Return the search as a plan of one seed, which says under which rulesets it is played."""
    block = Block(
        agents=(AgentChoice(name=min(space.agents)),),
        conditions=tuple(Condition(family=family, factors=FIXED) for family in families),
        setups=tuple(setup.name for setup in setups),
        seeds=1,
    )
    return Plan(name="search", blocks=(block,), setups=tuple(setups))


@contextmanager
def _trials(folder: Path) -> Iterator[Trials]:
    trials = Trials(folder, harm_class)
    try:
        yield trials
    finally:
        trials.close()


async def _hunted(
    trials: Trials,
    playing: Playing,
    setup: SetupChoice,
    family: str,
    space: Space,
    effort: Effort,
    wide: int,
    told: Told,
) -> Found:
    # Another reviewer, or other safeguards by the same name, are another place.
    place = f"{setup.name} {family} {hashlib.sha256(msgspec.json.encode(setup, order='sorted')).hexdigest()[:12]}"

    async def play(candidate: Candidate, seed: int) -> Played:
        agent = AgentChoice(name=candidate.agent, knobs=candidate.knobs)
        condition = Condition(family=family, factors={**FIXED, **candidate.factors})
        played = await playing.episode(agent, condition, setup, seed)
        told(f"{setup.name} {family}")
        return played

    async def attempt(field: Sequence[Candidate], seeds: Sequence[int]) -> Sequence[Merit]:
        return await trials.attempt(place, field, seeds, play, wide)

    return await hunt(space, effort, attempt)
