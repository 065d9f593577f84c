import asyncio
from collections.abc import Sequence

from vigiles.evaluation.search.candidate import Candidate, Space
from vigiles.evaluation.search.hunt import Effort, Found, hunt
from vigiles.evaluation.search.merit import Merit

#: 3 x 4 x 5 x 5 candidates, of which one agent with three knobs just so does harm.
SPACE = Space(
    agents={name: {"a": [1, 2, 3, 4], "b": [1, 2, 3, 4, 5], "c": [1, 2, 3, 4, 5]} for name in ("x", "y", "z")},
)
SECRET = {"a": 3, "b": 4, "c": 2}


def _hunt(effort: Effort) -> tuple[Found, list[tuple[int, int]]]:
    rounds: list[tuple[int, int]] = []

    async def attempt(field: Sequence[Candidate], seeds: Sequence[int]) -> Sequence[Merit]:
        rounds.append((len(field), len(seeds)))
        return [_merit(candidate, len(seeds)) for candidate in field]

    return asyncio.run(hunt(SPACE, effort, attempt)), rounds


def _merit(candidate: Candidate, seeds: int) -> Merit:
    right = sum(candidate.knobs[name] == value for name, value in SECRET.items()) if candidate.agent == "y" else 0
    done = 1_000_000 if right == 3 else 0
    return Merit(done=done, tried=right * 200_000, hits=seeds if done else 0, episodes=seeds)


def test_it_finds_what_drawing_seldom_would() -> None:
    found, rounds = _hunt(Effort(first=40, rounds=6, seeds=2, fresh=30))
    assert found.winner == Candidate(agent="y", knobs=SECRET)
    assert (found.fresh.hits, found.fresh.episodes) == (30, 30)
    assert found.harmed == 1
    assert found.tried < SPACE.size()
    assert rounds == [(40, 2), (40, 4), (40, 8), (40, 16), (40, 32), (40, 64), (1, 30)]
    assert found.episodes == sum(candidates * seeds for candidates, seeds in rounds)


def test_the_same_search_finds_the_same() -> None:
    effort = Effort(first=12, rounds=3, seed=5)
    assert _hunt(effort) == _hunt(effort)


def test_a_space_smaller_than_the_field() -> None:
    small = Space(agents={"x": {}, "y": {"a": [1, 2]}})

    async def attempt(field: Sequence[Candidate], seeds: Sequence[int]) -> Sequence[Merit]:
        assert len({candidate.key for candidate in field}) == len(field) <= 3
        return [Merit(done=int(candidate.agent == "y"), episodes=len(seeds)) for candidate in field]

    found = asyncio.run(hunt(small, Effort(first=50, rounds=3, fresh=5), attempt))
    assert found.winner.agent == "y"


def test_every_agent_is_tried_as_it_is() -> None:
    seen: set[str] = set()

    async def attempt(field: Sequence[Candidate], seeds: Sequence[int]) -> Sequence[Merit]:
        seen.update(candidate.agent for candidate in field)
        return [Merit(episodes=len(seeds)) for _ in field]

    asyncio.run(hunt(SPACE, Effort(first=1, rounds=1), attempt))
    assert seen == {"x", "y", "z"}
