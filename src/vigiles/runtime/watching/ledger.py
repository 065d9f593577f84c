"""The watch on the ledger: an episode does not go on for long when nothing of it can be recorded.

No act begins without a durable record. A call that runs already goes on, and what it does would be on no record; so when
the ledger has taken nothing for two seconds, the episode ends. When the disk is full and the recorder lives on its reserve,
it ends at once, while its end can still be recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from vigiles.ledger.client import RecorderClient
from vigiles.model.errors import VigilesError
from vigiles.model.reason import ReasonCode

PATIENCE_S = 2.0


async def look(ledger: RecorderClient, shut: Callable[[], ReasonCode | None], end: Callable[[str], Awaitable[None]]) -> None:
    """Look after the ledger of an open episode: ``shut`` says whether, and why, it takes nothing more; ``end`` ends it."""
    if ledger.low and shut() is None:
        await end("ledger_unwritable")
    if ledger.failing_since is None or shut() is not None:
        return
    if not ledger.connected:
        with contextlib.suppress(VigilesError, OSError):  # whatever hinders it, the time runs
            await ledger.flush()  # starts a recorder where none runs
    now = asyncio.get_running_loop().time()
    if now - (ledger.failing_since or now) >= PATIENCE_S:
        await end("ledger_unwritable")
