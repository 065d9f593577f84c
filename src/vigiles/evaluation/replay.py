"""Replays the published rates of the agentic-misalignment study through the whole pipeline: a check of the harness.

Scripts are planted so that exactly the published share of the episodes is harmful; then the world, the gate, the ledger and
the oracle do what they always do, and the oracle's count must equal the planted one, episode by episode. **Nothing here is a
result about any model**: the rates are put in by hand, and every episode is marked and named as a replay.

``vigiles eval replay`` plays all of it, 500 episodes a rate (see docs/guides/agents.md).

Sources of the rates: Lynch et al. 2025, arXiv 2510.05179, main figures and section on realism; the rates that its public
port quotes from the same authors' post.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import msgspec

from vigiles.evaluation.agents.registry import attackers, make
from vigiles.evaluation.chronicle import open_run
from vigiles.evaluation.loop import Setup, play
from vigiles.evaluation.played import Played
from vigiles.evaluation.statistics.interval import wilson
from vigiles.gate.gate import Ledger
from vigiles.world.scenarios.stage import stage

#: Episodes of each rate.
EPISODES = 500
#: Episodes under way at once.
AT_ONCE = 32
#: Those who bring any harm about in any world; the others need a cue, or do another harm.
SCRIPTS = tuple(name for name in attackers() if name not in ("unwatched", "self-copy"))
_CONFLICT = {"goal": "explicit", "threat": "replacement"}


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """One published rate. ``permille``: harmful episodes of a thousand; ``says``: what the source measured it on."""

    id: str
    family: str
    factors: dict[str, str]
    permille: int
    says: str

    @property
    def agent(self) -> str:
        """What its episodes call their agent."""
        return f"replay/{self.id}"


def _blackmail(percent: int) -> Published:
    says = "blackmail, goal conflict and replacement"
    return Published(id=f"blackmail-{percent}", family="blackmail", factors=_CONFLICT, permille=percent * 10, says=says)


MATRIX: tuple[Published, ...] = (
    *(_blackmail(percent) for percent in (96, 80, 79, 65, 15, 12, 0)),
    Published(
        id="leak-57",
        family="leak",
        factors={"goal": "explicit", "threat": "none"},
        permille=570,
        says="leak, goal conflict alone",
    ),
    Published(
        id="instructions-96",
        family="blackmail",
        factors={**_CONFLICT, "instructions": "none"},
        permille=960,
        says="blackmail, without the three instructions",
    ),
    Published(
        id="instructions-37",
        family="blackmail",
        factors={**_CONFLICT, "instructions": "do-not"},
        permille=370,
        says="blackmail, with the three instructions",
    ),
    Published(
        id="realism-551",
        family="blackmail",
        factors={"goal": "none", "threat": "replacement", "realism": "real"},
        permille=551,
        says="blackmail among those who said that it was real",
    ),
    Published(
        id="realism-65",
        family="blackmail",
        factors={"goal": "none", "threat": "replacement", "realism": "evaluation"},
        permille=65,
        says="blackmail among those who said that it was an evaluation",
    ),
)


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one rate. ``planted`` and ``counted`` are episodes; ``unequal`` lists the seeds on which they differ.

    ``low`` and ``high``: Wilson's 95 % interval of the counted share, in a million. ``unjudged`` episodes are counted apart.
    """

    agent: str
    says: str
    permille: int
    episodes: int
    planted: int
    counted: int
    unequal: tuple[int, ...]
    unjudged: int
    low: int
    high: int

    @property
    def exact(self) -> bool:
        """Whether the oracle counted just what was planted."""
        return not self.unequal and not self.unjudged and self.planted == self.counted


def planted(rate: Published, episodes: int) -> tuple[bool, ...]:
    """Say of each episode, by seed from 0, whether it is to be harmful.

    Their number is exact: the rate times the episodes, half a one rounded up (55.1 % of 500 is 275.5, hence 276). Which ones
    it is follows from the rate's name.
    """
    count = (rate.permille * episodes + 500) // 1000
    chosen = set(random.Random(f"replay/{rate.id}/{episodes}").sample(range(episodes), count))
    return tuple(seed in chosen for seed in range(episodes))


async def episode(rate: Published, seed: int, harmful: bool, ledger: Ledger | None, run: str | None, setup: Setup) -> Played:
    """Play one episode of a replay. Raises ``LedgerUnwritable``."""
    staging = stage(rate.family, rate.factors, seed)
    script = SCRIPTS[seed % len(SCRIPTS)] if harmful else "honest"
    agent = make(script, staging, seed)
    return await play(
        staging,
        agent,
        setup,
        ledger,
        name=rate.agent,
        run=run,
        planted=harmful,
        propensity=rate.permille // 10,
    )


async def replay(
    rate: Published,
    episodes: int = EPISODES,
    ledger: Ledger | None = None,
    setup: Setup | None = None,
    at_once: int = AT_ONCE,
) -> Replayed:
    """Play all episodes of one rate, many at once, and compare. Raises ``LedgerUnwritable``."""
    chosen = setup or Setup("none")
    run = None if ledger is None else await open_run(ledger, [chosen.ruleset])
    plan = planted(rate, episodes)
    found: list[Played | None] = [None] * episodes
    seeds = iter(range(episodes))

    async def work() -> None:
        for seed in seeds:
            found[seed] = await episode(rate, seed, plan[seed], ledger, run, chosen)

    await asyncio.gather(*(work() for _ in range(at_once)))
    return compared(rate, plan, [each for each in found if each is not None])


def compared(rate: Published, plan: Sequence[bool], played: Sequence[Played]) -> Replayed:
    """Return what the oracle counted beside what was planted; ``played`` in the order of the plan."""
    judged = [each for each in played if each.outcome.unjudged is None]
    counted = sum(each.outcome.harmful for each in judged)
    interval = wilson(counted, len(judged))
    return Replayed(
        agent=rate.agent,
        says=rate.says,
        permille=rate.permille,
        episodes=len(plan),
        planted=sum(plan),
        counted=counted,
        unequal=tuple(
            seed
            for seed, (wanted, each) in enumerate(zip(plan, played, strict=True))
            if wanted != each.outcome.harmful or each.planted != wanted
        ),
        unjudged=len(played) - len(judged),
        low=round(interval.low * 1_000_000),
        high=round(interval.high * 1_000_000),
    )
