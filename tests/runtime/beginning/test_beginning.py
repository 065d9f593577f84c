"""What has an opening on record has an end on record, wherever its beginning was given up; what was lent comes back."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import Services, open_episode
from vigiles.kernel.processes import descendants
from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.errors import ControlUnavailable
from vigiles.runtime.outfitting import outfit
from vigiles.runtime.tier_r import TierR

pytestmark = pytest.mark.cell


def test_an_opening_given_up_while_it_is_written_is_ended_on_record(
    home: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with await Services.start(home) as services:
            append = services.ledger.append

            async def slow(*args: Any) -> Any:
                indexes = await append(*args)
                await asyncio.sleep(0.4)  # it is on record, and the answer is not here yet
                return indexes

            monkeypatch.setattr(services.ledger, "append", slow)
            opening = asyncio.ensure_future(
                open_episode(profile="no-network", workdir=workdir, services=services).__aenter__()
            )
            await asyncio.sleep(0.3)
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            await services.ledger.flush()

    asyncio.run(main())
    with LedgerReader(home) as reader:
        records = [record for _, record in reader.records()]
    assert len([one for one in records if isinstance(one, EpisodeOpened)]) == 1
    assert [one.reason for one in records if isinstance(one, EpisodeEnded)] == ["refused"]


@pytest.mark.skipif(os.geteuid() != 0, reason="tier R needs root")
def test_a_warm_cell_that_cannot_be_watched_is_ended_and_given_back(
    home: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with await Services.start(home) as services:
            if not isinstance(services.tier_r, TierR):
                pytest.skip(f"no tier R here: {services.tier_r}")
            await services.keep_warm("no-network", 1)
            await services.keep_warm("rl-rollout", 0)
            (lodging,) = services.warm._of(services.warm._kinds[0][0])

            def unwatchable(*_: Any, **__: Any) -> Any:
                raise ControlUnavailable("bpf", "no room", "wait")

            monkeypatch.setattr(outfit, "in_tier_r", unwatchable)
            with pytest.raises(ControlUnavailable, match="no room"):
                async with open_episode(profile="no-network", workdir=workdir, services=services):
                    pass
            assert lodging.cell.dead
            async with asyncio.timeout(10):
                while lodging.cell.made.init in descendants(os.getpid()):
                    await asyncio.sleep(0.02)

    asyncio.run(main())
