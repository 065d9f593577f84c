"""``vigiles cell open``: a cell without a command of its own, for calls that its owner gives from outside."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress

from vigiles.runtime.attending.attended import Report, Told, attended
from vigiles.runtime.attending.cell_order import CellOrder
from vigiles.runtime.episode import Episode

_CLOSING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PART = 65_536


async def hold(order: CellOrder, told: Told, opened: Callable[[Episode], None], *, until_eof: bool = False) -> Report:
    """Open a cell, keep it until somebody closes or ends it, and report. ``opened`` hears when calls can be given.

    It is closed in order by ``vigiles cell close``, SIGINT, SIGTERM or SIGHUP, at the end of the time that the profile
    allows, and, with ``until_eof``, at the end of our standard input. Raises what stops a start.
    """
    loop = asyncio.get_running_loop()
    closing = asyncio.Event()
    async with order.open() as episode, attended(episode, told, closing.set) as face:
        with ExitStack() as held:
            for number in _CLOSING:
                loop.add_signal_handler(number, closing.set)
                held.callback(loop.remove_signal_handler, number)
            waiting = asyncio.ensure_future(_eof(closing)) if until_eof else None
            opened(episode)
            try:
                async with asyncio.timeout(episode.profile.budgets.wall_seconds_episode):
                    await _first(closing, episode.over)
            except TimeoutError:
                pass  # no call would be allowed any more
            finally:
                if waiting is not None:
                    waiting.cancel()
        await face.end()
        return face.report(0, 0)


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _eof(closing: asyncio.Event) -> None:
    """Read standard input away; set ``closing`` at its end. What cannot be waited for (a file) is at its end."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(0, ready.set)
    except OSError:
        closing.set()
        return
    try:
        while True:
            await ready.wait()
            ready.clear()
            with suppress(BlockingIOError):
                if not os.read(0, _PART):
                    break
    except OSError:
        pass
    finally:
        loop.remove_reader(0)
    closing.set()
