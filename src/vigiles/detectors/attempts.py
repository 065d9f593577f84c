"""Attempts that came to nothing, within a window of monotonic time: the matter that scans are made of."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from vigiles.model.stamp import Stamp


class Attempt(NamedTuple):
    """One failed attempt: when (monotonic and wall microseconds), where, and the record that shows it."""

    mono_us: int
    wall_us: int
    host: str
    port: int
    record: str


class Attempts:
    """The failed attempts of one call, newest last, each destination once, none older than the window."""

    def __init__(self, window_us: int, limit: int) -> None:
        self._window_us = window_us
        self._items: deque[Attempt] = deque(maxlen=limit)
        self._boot = ""

    def add(self, at: Stamp, host: str, port: int, record: str) -> None:
        """Add one attempt; a second one at the same place within the window changes nothing."""
        if at.boot != self._boot:
            self._items.clear()
            self._boot = at.boot
        while self._items and at.mono_us - self._items[0].mono_us > self._window_us:
            self._items.popleft()
        if all((item.host, item.port) != (host, port) for item in self._items):
            self._items.append(Attempt(at.mono_us, at.wall_us, host, port, record))

    def all(self) -> list[Attempt]:
        """Return the attempts in the window."""
        return list(self._items)

    def ports_of(self, host: str) -> list[Attempt]:
        """Return the attempts at different ports of one host."""
        return [item for item in self._items if item.host == host]

    def hosts_at(self, port: int) -> list[Attempt]:
        """Return the attempts at one port of different hosts."""
        return [item for item in self._items if item.port == port]
