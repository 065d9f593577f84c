"""When an episode ends because its ledger takes nothing; the real full disk is in test_unwritable."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from vigiles.model.errors import LedgerUnwritable, ProcessLost
from vigiles.runtime.watching import ledger as ledger_watch


class Ledger:
    """``failed``: how many seconds ago it began to fail, None: not at all."""

    def __init__(self, failed: float | None, connected: bool, recovers: bool | Exception, low: bool = False) -> None:
        self.low = low
        self.failing_since = None if failed is None else asyncio.get_running_loop().time() - failed
        self.connected = connected
        self.recovers = recovers
        self.asked = 0

    async def flush(self) -> None:
        self.asked += 1
        if isinstance(self.recovers, Exception):
            raise self.recovers
        if not self.recovers:
            raise LedgerUnwritable("nobody there", "start one")
        self.failing_since = None


@pytest.mark.parametrize(
    ("failed", "connected", "recovers", "shut", "ends", "asked"),
    [
        (None, True, False, None, [], 0),
        (0.5, True, False, None, [], 0),
        (2.5, True, False, None, ["ledger_unwritable"], 0),
        (2.5, True, False, "episode_ended", [], 0),
        (0.5, False, False, None, [], 1),
        (2.5, False, False, None, ["ledger_unwritable"], 1),
        (2.5, False, True, None, [], 1),
        (2.5, False, OSError(28, "no room"), None, ["ledger_unwritable"], 1),
        (2.5, False, ProcessLost("the recorder does not start", ""), None, ["ledger_unwritable"], 1),
    ],
)
def test_it_ends_what_cannot_be_recorded(
    failed: float | None, connected: bool, recovers: bool | Exception, shut: str | None, ends: list[str], asked: int
) -> None:
    async def main() -> tuple[list[str], int]:
        ended: list[str] = []

        async def end(reason: str) -> None:
            ended.append(reason)

        ledger = Ledger(failed, connected, recovers)
        episode: Any = SimpleNamespace(services=SimpleNamespace(ledger=ledger), shut=shut, end=end)
        await ledger_watch.look(episode.services.ledger, lambda: episode.shut, episode.end)
        return ended, ledger.asked

    assert asyncio.run(main()) == (ends, asked)


@pytest.mark.parametrize(("shut", "ends"), [(None, ["ledger_unwritable"]), ("episode_ended", [])])
def test_a_ledger_on_its_reserve_ends_it_in_order_at_once(shut: str | None, ends: list[str]) -> None:
    async def main() -> list[str]:
        ended: list[str] = []

        async def end(reason: str) -> None:
            ended.append(reason)

        ledger = Ledger(None, True, True, low=True)
        episode: Any = SimpleNamespace(services=SimpleNamespace(ledger=ledger), shut=shut, end=end)
        await ledger_watch.look(episode.services.ledger, lambda: episode.shut, episode.end)
        return ended

    assert asyncio.run(main()) == ends
