"""Whoever asked for a call stays connected while it runs: signals come on that line, and its end is that of the asker."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from vigiles.runtime.serving.shim_signals import SignalLines

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

_PART, _FLOOD_PAUSE_S = 4096, 0.05


async def follow(peer: socket.socket, forward: Callable[[int], None]) -> None:
    """Give on each signal that comes; return when the asker is gone, or sent what no asker would."""
    loop = asyncio.get_running_loop()
    lines = SignalLines(since=loop.time())
    try:
        while part := await loop.sock_recv(peer, _PART):
            for number in lines.feed(part, loop.time()):
                forward(number)
            await asyncio.sleep(_FLOOD_PAUSE_S if lines.flooded else 0)
    except (OSError, ValueError):
        try:
            peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it left by itself


def pass_on(episode: Episode, number: int, call: int, *, group: bool) -> None:
    """Pass a signal on to a call, unless the episode is frozen or over: then nothing may stir anything in it."""
    if episode.shut is None and episode.cell is not None:
        # A call leads a session, so no terminal's stop would stop it.
        told = signal.SIGSTOP if number == signal.SIGTSTP else number
        episode.cell.signal(told, call, group=group)
