"""The supervisor's side of the shim's socket, on a real cell."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import pytest

from vigiles.runtime.episode import Episode
from vigiles.runtime.serving.shim_server import ShimServer

pytestmark = pytest.mark.cell

COUNTS = "n=0; trap 'n=$((n+1)); echo $n > /tmp/n' USR1; echo 0 > /tmp/n; while :; do sleep 0.02; done"


@pytest.mark.parametrize("reason", ["episode_frozen", "episode_ended"])
def test_no_signal_from_inside_passes_while_the_episode_is_shut(inside: Any, eventually: Any, reason: Any) -> None:
    async def body(episode: Episode) -> None:
        server = ShimServer(episode)
        call = (await episode.call(["sh", "-c", COUNTS], background=True)).call

        async def count() -> int:
            return int((await episode.call(["cat", "/tmp/n"])).stdout or b"-1")

        for _ in range(200):
            if await count() == 0:
                break

        async def until(number: int) -> None:
            async with asyncio.timeout(20):
                while await count() != number:
                    await asyncio.sleep(0.02)

        server.forward(signal.SIGUSR1, call)
        await until(1)
        episode.shut = reason
        server.forward(signal.SIGUSR1, call)
        server.forward(signal.SIGCONT, call)
        await asyncio.sleep(0.3)
        episode.shut = None
        assert await count() == 1
        server.forward(signal.SIGUSR1, call)
        await until(2)

    inside(body)
