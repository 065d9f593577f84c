"""What one call computes, second by second, as its ``compute`` records tell; where none tells, it was idle."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from vigiles.model.observation.compute import Compute

_LOOKS = 1024


class _Look(NamedTuple):
    from_us: int
    until_us: int
    cpu_us: int
    io_bytes: int
    busiest: int | None
    ended: bool
    record: str


class Load:
    """The last looks at one call. Times are monotonic microseconds."""

    def __init__(self) -> None:
        self._looks: deque[_Look] = deque(maxlen=_LOOKS)

    def feed(self, record: Compute) -> None:
        """Take one look."""
        until = record.at.mono_us
        self._looks.append(
            _Look(
                until - record.interval_us,
                until,
                record.cpu_us,
                record.io_bytes,
                record.busiest_pid,
                record.ended,
                record.id,
            )
        )

    @property
    def known_until_us(self) -> int:
        """Return the end of the last look."""
        return self._looks[-1].until_us if self._looks else 0

    @property
    def began_us(self) -> int:
        """Return the beginning of the first look that is kept."""
        return self._looks[0].from_us if self._looks else 0

    def cpu_us(self, from_us: int, until_us: int) -> int:
        """Return the CPU time between two times; a look that lies partly between them counts with that part."""
        total = 0
        for look in reversed(self._looks):
            if look.until_us <= from_us:
                break
            total += _part(look, from_us, until_us, look.cpu_us)
        return total

    def seconds(self, from_us: int, until_us: int) -> list[int]:
        """Return the CPU time of each whole second between two times, oldest first."""
        count = max(0, (until_us - from_us) // 1_000_000)
        found = [0] * count
        for look in self._looks:
            first = max(0, (look.from_us - from_us) // 1_000_000)
            last = min(count - 1, (look.until_us - from_us) // 1_000_000)
            for index in range(first, last + 1):
                second = from_us + index * 1_000_000
                found[index] += _part(look, second, second + 1_000_000, look.cpu_us)
        return found

    def io_bytes(self, from_us: int, until_us: int) -> int:
        """Return the bytes that were moved between two times."""
        return sum(_part(look, from_us, until_us, look.io_bytes) for look in self._looks)

    def one_process(self, from_us: int, until_us: int) -> bool:
        """Return whether no more than two processes were busiest in nine tenths of the time between two times."""
        shares: dict[int | None, int] = {}
        for look in self._looks:
            shares[look.busiest] = shares.get(look.busiest, 0) + _part(look, from_us, until_us, look.cpu_us)
        shares.pop(None, None)
        total = sum(shares.values())
        return total > 0 and 10 * sum(sorted(shares.values())[-2:]) >= 9 * total

    def outlived_us(self, from_us: int, until_us: int) -> int:
        """Return the CPU time after the call had returned."""
        return sum(_part(look, from_us, until_us, look.cpu_us) for look in self._looks if look.ended)

    def evidence(self, from_us: int, until_us: int, most: int) -> list[str]:
        """Return the ids of at most ``most`` looks between two times, evenly spread, oldest first."""
        found = [look.record for look in self._looks if look.until_us > from_us and look.from_us < until_us]
        step = -(-len(found) // most) or 1
        return found[::step]


def _part(look: _Look, from_us: int, until_us: int, amount: int) -> int:
    shared = min(look.until_us, until_us) - max(look.from_us, from_us)
    length = look.until_us - look.from_us
    return 0 if shared <= 0 or length <= 0 else amount * shared // length
