"""The byte budgets: what may still leave, per call and per episode."""

from __future__ import annotations

from collections import Counter


class Allowance:
    """Counts bytes that leave the cell. None is no limit."""

    def __init__(self, per_call: int | None, per_episode: int | None) -> None:
        self._per_call = per_call
        self._per_episode = per_episode
        self._calls: Counter[int | None] = Counter()
        self._episode = 0

    def spend(self, call: int | None, size: int) -> bool:
        """Take ``size`` bytes for ``call``; False, taking nothing, when a budget has not that much left."""
        if self._per_call is not None and self._calls[call] + size > self._per_call:
            return False
        if self._per_episode is not None and self._episode + size > self._per_episode:
            return False
        self._calls[call] += size
        self._episode += size
        return True
