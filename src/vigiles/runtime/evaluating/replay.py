"""Wires the replay of published rates: the home's recorder, and one rate after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from vigiles.evaluation.replay import MATRIX, Published, Replayed, replay
from vigiles.ledger.client import RecorderClient
from vigiles.ledger.home import Home, default_home


async def replay_all(
    home: Path | None,
    episodes: int,
    rates: Sequence[Published] = MATRIX,
    told: Callable[[int], None] = lambda done: None,
) -> list[Replayed]:
    """Return what came of each rate; ``told`` hears how many are done. Raises ``LedgerUnwritable``."""
    where = (home or default_home()).absolute()
    Home(where).prepare()
    client = await RecorderClient.connect(where)
    try:
        found: list[Replayed] = []
        for rate in rates:
            found.append(await replay(rate, episodes, client))
            told(len(found))
        return found
    finally:
        await client.close()
