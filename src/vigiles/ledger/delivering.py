"""What everything that gives the ledger's news away needs: how far it has come, when to try again, and whose turn it is.

The ledger itself is the queue. A **progress** is a small file for each receiver, replaced whole after a delivery was made,
so what is given may come twice and is never left out. A **turn** is the right of one process at a time to deliver.
"""

from __future__ import annotations

import fcntl
import os
import select
import time
from pathlib import Path
from typing import TypeVar

import msgspec

from vigiles.ledger.durable import make_folders, replace_file
from vigiles.ledger.mint import now

#: Seconds before a try after a failure: doubled each time, up to the most.
_FIRST_RETRY_S, _MOST_RETRY_S = 1.0, 300.0
#: How often a turn is asked for, seconds.
_LOOK_S = 0.1


class NotDelivered(Exception):
    """One line of why. ``conflict``: the receiver holds what contradicts this ledger; ``refused``: it answered, and did not
    want this message.
    """

    def __init__(self, why: str, *, conflict: bool = False, refused: bool = False) -> None:
        super().__init__(why)
        self.conflict = conflict
        self.refused = refused


class Progress(msgspec.Struct, kw_only=True):
    """``failures``: tries in a row that failed, the last for ``error``, since ``failing_us`` (wall time)."""

    failures: int = 0
    failing_us: int | None = None
    error: str = ""

    def failed(self, failure: NotDelivered) -> None:
        """Count one more failure."""
        self.failures += 1
        self.failing_us = self.failing_us or now().wall_us
        self.error = str(failure)

    def well(self) -> None:
        """Forget the failures."""
        self.failures, self.failing_us, self.error = 0, None, ""

    def wait_s(self) -> float:
        """Return how long to wait after a failure: 1 s, 2 s, 4 s, up to 5 minutes."""
        return min(_MOST_RETRY_S, _FIRST_RETRY_S * (1 << min(max(self.failures, 1) - 1, 20)))


P = TypeVar("P", bound=Progress)


def load_progress(path: Path, kind: type[P]) -> P | None:
    """Return what is known of a receiver, None where it is new or its file cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None


def save_progress(path: Path, progress: Progress) -> None:
    """Keep it durably, for the owner only. Raises OSError."""
    make_folders(path.parent, 0o700)
    replace_file(path, msgspec.json.encode(progress))


def take_turn(folder: Path, seconds: float, leave: int | None = None) -> int | None:
    """Return a descriptor that holds the right to deliver from ``folder``; None if another process holds it for that long,
    or if descriptor ``leave`` ends meanwhile. Raises OSError.
    """
    make_folders(folder, 0o700)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except OSError:
            pass
        if time.monotonic() >= deadline or (leave is not None and is_over(leave, 0)):
            os.close(lock)
            return None
        time.sleep(_LOOK_S)


def is_over(descriptor: int, seconds: float) -> bool:
    """Say whether nobody holds the other end of a pipe any more, waiting for that so long. What comes is dropped."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(int(seconds * 1000))) and os.read(descriptor, 4096) == b""
