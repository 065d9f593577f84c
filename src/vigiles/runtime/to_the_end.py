"""Work that must not be left in the middle: whoever cancels its caller gets the cancellation when it is done, and undone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_the_end(work: Coroutine[Any, Any, T], undo: Callable[[T], Awaitable[None]] | None = None) -> T:
    """Return what ``work`` returns, or raise what it raises.

    If the caller is cancelled meanwhile, ``work`` goes on to its end all the same, ``undo`` is given its result, and only
    then ``CancelledError`` is raised.
    """
    cancelled, failed = await _wait_for(task := asyncio.ensure_future(work))
    if cancelled is None:
        return task.result()
    if not failed and undo is not None:
        await _wait_for(asyncio.ensure_future(undo(task.result())))
    raise cancelled


async def _wait_for(task: asyncio.Future[Any]) -> tuple[asyncio.CancelledError | None, bool]:
    """Wait for the end of ``task`` whatever comes; return who cancelled us meanwhile, and whether the task failed."""
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    return cancelled, task.cancelled() or task.exception() is not None
