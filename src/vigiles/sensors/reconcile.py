"""Two sensors beside each other: what the kernel's programs saw and the listener never told of; pure.

The listener is told of every connect and exec before it happens, the kernel's programs see it happen; so each thing seen
must have been told, at about the same time. What was not is told now, with the contradiction in its attribution: a blinded
listener, or an address that changed between the listener's look and the kernel's. Where the listener said itself that it
missed something, nothing is concluded for a while.

Whoever reads both may be held up for long. So what is seen and what is told are compared by when they *happened*, and
patience is counted from when they were *read*.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

#: How long what was seen waits for being told, from when it was read, microseconds.
WAIT_US = 3_000_000
#: How far apart the two may have happened (a program may be stopped in between), and how long a missed one excuses others.
APART_US, DOUBT_US = 60_000_000, 10_000_000
_MOST = 65_536

Key = tuple[int, Hashable]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something seen in ``call`` at ``at_us`` (monotonic): ``what`` names it as the listener would."""

    call: int
    what: Hashable
    at_us: int
    pid: int

    @property
    def key(self) -> Key:
        """What the listener's word for it must have in common with it."""
        return self.call, self.what


@dataclass(slots=True)
class _Waiting:
    thing: Thing
    read_us: int
    asked: bool = False


class Reconcile:
    """One episode's comparison. Feed it both sides in any order, then ask what is overdue."""

    def __init__(self) -> None:
        self._told: OrderedDict[Key, tuple[int, int]] = OrderedDict()
        self._waiting: OrderedDict[Key, list[_Waiting]] = OrderedDict()
        self._count = 0
        self._doubt: dict[int | None, int] = {}

    def told(self, call: int, what: Hashable, at_us: int, read_us: int) -> None:
        """Take what the listener said of ``at_us``, read at ``read_us``."""
        key = (call, what)
        self._told[key] = at_us, read_us
        self._told.move_to_end(key)
        for one in self._waiting.pop(key, []):
            self._count -= 1
            if abs(one.thing.at_us - at_us) > APART_US:
                self._wait(one)
        while self._told:
            oldest, (at, read) = next(iter(self._told.items()))
            if read >= read_us - APART_US and len(self._told) <= _MOST:
                return
            del self._told[oldest]
            if read >= read_us - APART_US:  # crowded out, so whether it was told is not known
                self.missed(oldest[0], at)

    def missed(self, call: int | None, at_us: int) -> None:
        """The listener says that it missed something (None: of any call)."""
        self._doubt[call] = at_us

    def saw(self, thing: Thing, read_us: int) -> None:
        """Take what the kernel's programs saw, read at ``read_us``."""
        told = self._told.get(thing.key)
        if (told is None or abs(told[0] - thing.at_us) > APART_US) and self._count < _MOST:
            self._wait(_Waiting(thing, read_us))

    def due(self, now_us: int, *, last: bool = False) -> list[Thing]:
        """Return what was seen, has waited long enough and was never told. ``last``: nothing more will be told.

        Each is asked about twice, at two calls: whoever asks may have been held up himself, with what was told still unread.
        """
        unseen = []
        for key, several in list(self._waiting.items()):
            left = []
            for one in several:
                patient = not last and one.read_us > now_us - WAIT_US
                if patient or not (one.asked or last):
                    one.asked = not patient
                    left.append(one)
                elif not self._doubtful(one.thing):
                    unseen.append(one.thing)
            self._count -= len(several) - len(left)
            if left:
                self._waiting[key] = left
            else:
                del self._waiting[key]
        return unseen

    def _wait(self, one: _Waiting) -> None:
        self._waiting.setdefault(one.thing.key, []).append(one)
        self._count += 1

    def _doubtful(self, thing: Thing) -> bool:
        return any(
            (at := self._doubt.get(which)) is not None and abs(at - thing.at_us) <= DOUBT_US for which in (thing.call, None)
        )
