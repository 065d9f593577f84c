"""Two sensors beside each other: what the kernel's programs saw and the listener never told of; pure.

The listener is told of every connect and exec before it happens, the kernel's programs see it happen; so each thing seen
must have been told, at about the same time. What was not is told now, with the contradiction in its attribution: a blinded
listener, or an address that changed between the listener's look and the kernel's. Where the listener said itself that it
missed something, nothing is concluded for a while.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass

#: How long what was seen waits for being told, and how long what was told is remembered.
WAIT_US, KEEP_US = 3_000_000, 10_000_000
_MOST = 65_536

Key = tuple[int, Hashable]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something seen in ``call`` at ``at_us`` (monotonic): ``what`` names it as the listener would."""

    call: int
    what: Hashable
    at_us: int
    pid: int


class Reconcile:
    """One episode's comparison. Feed it both sides in any order, then ask what is overdue."""

    def __init__(self) -> None:
        self._told: OrderedDict[Key, int] = OrderedDict()
        self._seen: deque[Thing] = deque()
        self._suspects: list[Thing] = []
        self._doubt: dict[int | None, int] = {}

    def told(self, call: int, what: Hashable, at_us: int) -> None:
        """Take what the listener said."""
        key = (call, what)
        self._told[key] = at_us
        self._told.move_to_end(key)
        while self._told and (len(self._told) > _MOST or next(iter(self._told.values())) < at_us - KEEP_US):
            oldest, at = self._told.popitem(last=False)
            if at >= at_us - KEEP_US:  # crowded out, so whether it was told is not known
                self.missed(oldest[0], at_us)

    def missed(self, call: int | None, at_us: int) -> None:
        """The listener says that it missed something (None: of any call)."""
        self._doubt[call] = at_us

    def saw(self, thing: Thing) -> None:
        """Take what the kernel's programs saw."""
        if len(self._seen) >= _MOST:
            self._seen.popleft()
        self._seen.append(thing)

    def due(self, now_us: int, *, last: bool = False) -> list[Thing]:
        """Return what was seen, has waited long enough and was never told. ``last``: nothing more will be told.

        Each is asked about twice, at two calls: whoever asks may have been held up himself, with what was told still unread.
        """
        suspects, self._suspects = self._suspects, []
        while self._seen and (last or self._seen[0].at_us <= now_us - WAIT_US):
            thing = self._seen.popleft()
            (suspects if last else self._suspects).append(thing)
        return [thing for thing in suspects if not self._was_told(thing) and not self._doubtful(thing)]

    def _was_told(self, thing: Thing) -> bool:
        at = self._told.get((thing.call, thing.what))
        return at is not None and abs(at - thing.at_us) <= KEEP_US

    def _doubtful(self, thing: Thing) -> bool:
        return any(
            (at := self._doubt.get(which)) is not None and abs(at - thing.at_us) <= KEEP_US for which in (thing.call, None)
        )
