import asyncio
from pathlib import Path

from vigiles.evaluation.replay import MATRIX
from vigiles.runtime.evaluating.replay import replay_all


def test_rates_are_replayed_on_a_real_recorder(shared_home: Path) -> None:
    told: list[int] = []
    rows = asyncio.run(replay_all(shared_home, 8, MATRIX[:2], told.append))
    assert [row.episodes for row in rows] == [8, 8]
    assert all(row.exact for row in rows)
    assert told == [1, 2]
