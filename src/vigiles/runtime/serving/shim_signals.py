"""The signals that a shim forwards, read from its bytes: few enough a second that nobody's loop is kept busy by them.

Whoever holds the connection is an agent, so the bytes may be anything at any rate.
"""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass

#: What a shim forwards; another number is not a shim's.
FORWARDED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGWINCH,
    signal.SIGCONT,
    signal.SIGTSTP,
)
LONGEST_LINE = 64
PER_SECOND = 50


@dataclass
class SignalLines:
    """One connection's lines. ``since`` is the time of its beginning, seconds of any clock that does not go back.

    ``flooded``: the last bytes held more signals than the rate allows, and the rest of them was dropped unread.
    """

    since: float
    flooded: bool = False
    _pending: bytes = b""
    _left: float = PER_SECOND

    def feed(self, part: bytes, at: float) -> list[int]:
        """Return the signals in what has come until ``at``. Raises ValueError for a line that no shim would send."""
        *lines, self._pending = (self._pending + part).split(b"\n")
        if any(len(line) > LONGEST_LINE for line in (*lines, self._pending)):
            raise ValueError("not a shim's line: it is too long")
        self._left = min(PER_SECOND, self._left + max(0.0, at - self.since) * PER_SECOND)
        self.since = at
        allowed = int(self._left)
        self.flooded = len(lines) > allowed
        numbers = [_number(line) for line in lines[:allowed]]
        self._left -= len(numbers)
        return numbers


def _number(line: bytes) -> int:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise ValueError("not a shim's line: it is no JSON") from error
    number = said.get("signal") if isinstance(said, dict) else None
    if type(number) is not int or number not in FORWARDED:
        raise ValueError("not a shim's line: it names no signal that a shim forwards")
    return number
