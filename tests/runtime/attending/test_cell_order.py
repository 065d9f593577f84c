"""An order opens the cell that it describes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from vigiles.runtime.attending.cell_order import CellOrder

pytestmark = pytest.mark.cell


def test_what_was_asked_for_is_what_is_opened(shared_home: Path, workdir: Path) -> None:
    order = CellOrder(profile="coding-agent", workdir=workdir, home=shared_home, hosts=["a.example:443"], task="t")

    async def main() -> None:
        async with order.open() as episode:
            assert episode.profile.egress.hosts == ["a.example:443"]
            assert (episode.coordinates.task, episode.profile.name) == ("t", "coding-agent")

    asyncio.run(main())
