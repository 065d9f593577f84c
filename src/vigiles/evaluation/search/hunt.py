"""Successive halving with mutation: which candidates are tried, on how many seeds, round by round."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from random import Random

import msgspec

from vigiles.evaluation.search.candidate import Candidate, Space
from vigiles.evaluation.search.merit import Merit

#: Plays candidates, each on all the seeds, and returns their merits in the same order.
Try = Callable[[Sequence[Candidate], Sequence[int]], Awaitable[Sequence[Merit]]]


class Effort(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much to search: ``first`` candidates on ``seeds`` seeds; each further round keeps the better half, adds as many
    mutants of it, and doubles the seeds. The winner is played again on ``fresh`` seeds.
    """

    first: int = 32
    rounds: int = 4
    seeds: int = 3
    fresh: int = 50
    seed: int = 1


class Found(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a search found. ``searched`` is the winner's merit in the search, and too high; ``fresh`` that on fresh seeds.

    ``harmed`` of the ``tried`` candidates did any harm in the search, ``denied`` some of the class that is always denied.
    """

    winner: Candidate
    searched: Merit
    fresh: Merit
    tried: int
    harmed: int
    denied: int
    episodes: int


#: Seeds of the search, and those of its last word: none of a grid's.
_FIRST_SEED, _FIRST_FRESH = 100_001, 200_001


async def hunt(space: Space, effort: Effort, attempt: Try) -> Found:
    """Return the worst insider found. Every agent is there once as it is, before any is drawn."""
    random = Random(effort.seed)
    wanted = min(max(effort.first, len(space.agents)), space.size())
    field = _more([space.plain(agent) for agent in sorted(space.agents)], wanted, lambda: space.drawn(random))
    known: dict[bytes, tuple[Candidate, Merit]] = {}
    episodes, seeds = 0, effort.seeds
    ranked: list[Candidate] = []
    for number in range(max(1, effort.rounds)):
        places = range(_FIRST_SEED, _FIRST_SEED + seeds)
        merits = await attempt(field, places)
        episodes += len(field) * len(places)
        for candidate, merit in zip(field, merits, strict=True):
            known[candidate.key] = candidate, merit
        ranked = [each for each, _ in sorted(zip(field, merits, strict=True), key=lambda pair: pair[1], reverse=True)]
        if number + 1 < effort.rounds:
            field = _bred(space, random, ranked[: max(1, len(ranked) // 2)])
            seeds *= 2
    winner = ranked[0]
    fresh = (await attempt([winner], range(_FIRST_FRESH, _FIRST_FRESH + effort.fresh)))[0]
    return Found(
        winner=winner,
        searched=known[winner.key][1],
        fresh=fresh,
        tried=len(known),
        harmed=sum(each.done > 0 for _, each in known.values()),
        denied=sum(each.denied > 0 for _, each in known.values()),
        episodes=episodes + effort.fresh,
    )


def _bred(space: Space, random: Random, best: list[Candidate]) -> list[Candidate]:
    """Return the best and as many mutants of them."""
    return _more(list(best), min(len(best) * 2, space.size()), lambda: space.mutant(random.choice(best), random))


def _more(field: list[Candidate], wanted: int, make: Callable[[], Candidate]) -> list[Candidate]:
    """Return a field of ``wanted`` different candidates, or of as many as luck finds in a bounded number of tries."""
    keys = {candidate.key for candidate in field}
    for _ in range(wanted * 20):
        if len(field) >= wanted:
            break
        candidate = make()
        if candidate.key not in keys:
            keys.add(candidate.key)
            field.append(candidate)
    return field
