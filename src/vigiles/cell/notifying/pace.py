"""How much of the notifier's time look-ups may take: a workload can make each one dear, and ask for many.

Every stopped system call and every order to halt waits while the notifier looks something up, so look-ups may use a share
of its processor time and no more; beyond that the answer is "not known", at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Processor seconds per second, and how many may be used at one go.
_SHARE, _BURST = 0.5, 0.25


class Pace:
    """A bucket of processor seconds. ``clock`` and ``used`` give seconds: passed, and worked by this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.process_time) -> None:
        self._clock = clock
        self._used = used
        self._left = _BURST
        self._at = clock()

    def may(self) -> bool:
        """Say whether there is time for one more look-up."""
        now = self._clock()
        self._left = min(_BURST, self._left + _SHARE * (now - self._at))
        self._at = now
        return self._left > 0

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count what is done meanwhile."""
        before = self._used()
        try:
            yield
        finally:
            self._left -= self._used() - before
