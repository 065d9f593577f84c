"""Holding on to processes without a pid namespace: a subreaper, and signals to everything below it.

A child subreaper gets the orphans among its descendants, daemons too, and no descendant can get out from under it. Source:
prctl(2) PR_SET_CHILD_SUBREAPER, pidfd_open(2), pidfd_send_signal(2).
"""

from __future__ import annotations

import os
import signal
import time

from vigiles.kernel import processes, syscall

_PR_SET_CHILD_SUBREAPER = 36
_DEEPEST = 4096
_PAUSE_S = 0.002
#: How long processes are given to stop that stay in a system call which cannot be interrupted.
_STOPPING_S = 2.0
_ENDING_S = 10.0


def become() -> None:
    """Make this process the new parent of every orphan among its descendants. Raises OSError."""
    syscall.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def stat(place: int | str) -> tuple[str, int] | None:
    """Return the state and parent of the process or thread at ``/proc/{place}``, None if it is gone."""
    try:
        with open(f"/proc/{place}/stat", "rb") as file:
            words = file.read().rpartition(b")")[2].split()
        return words[0].decode("ascii"), int(words[1])
    except (OSError, IndexError, ValueError):
        return None


def branch(place: int | str, root: int) -> int | None:
    """Return the child of ``root`` below which a process lives; None for that child itself and for who lives elsewhere."""
    child = 0
    for _ in range(_DEEPEST):
        seen = stat(place)
        if seen is None or seen[1] <= 1:
            return None
        if seen[1] == root:
            return child or None
        place = child = seen[1]
    return None


def send_below(root: int, number: int, spared: frozenset[int] = frozenset()) -> list[int]:
    """Signal every descendant of ``root`` that lives now, but ``spared`` and what is below those; return whom.

    A number is never taken on trust: a pidfd is held first, and the process is asked then whether it still is a descendant.
    """
    met = []
    for pid in processes.descendants(root):
        if pid in spared or not _stands_below(pid, root, spared):
            continue
        try:
            held = os.pidfd_open(pid)
        except OSError:
            continue
        try:
            if _stands_below(pid, root, spared):
                signal.pidfd_send_signal(held, number)
                met.append(pid)
        except OSError:
            pass  # it has ended meanwhile
        finally:
            os.close(held)
    return met


def stop_below(root: int) -> None:
    """Stop every descendant, those too that are forked meanwhile: until a look finds nobody who runs."""
    until = time.monotonic() + _STOPPING_S
    while time.monotonic() < until:
        running = [pid for pid in processes.descendants(root) if (seen := stat(pid)) is not None and seen[0] not in "TZXt"]
        if not running:
            return
        send_below(root, signal.SIGSTOP)
        time.sleep(_PAUSE_S)


def end_below(root: int, spared: frozenset[int] = frozenset()) -> None:
    """Kill every descendant of ``root``, this process or one of its children, until a look finds none that lives.

    Give up after ten seconds: what is in a system call that cannot be interrupted dies when that returns, and waiting for it
    would hold up whoever ends the others.
    """
    until = time.monotonic() + _ENDING_S
    while time.monotonic() < until:
        send_below(root, signal.SIGSTOP, spared)
        if not [pid for pid in send_below(root, signal.SIGKILL, spared) if _lives(pid)]:
            return
        time.sleep(_PAUSE_S)


def _lives(pid: int) -> bool:
    seen = stat(pid)
    return seen is not None and seen[0] not in "ZX"


def _stands_below(pid: int, root: int, spared: frozenset[int]) -> bool:
    place = pid
    for _ in range(_DEEPEST):
        seen = stat(place)
        if seen is None or place in spared:
            return False
        if seen[1] == root:
            return True
        place = seen[1]
        if place <= 1:
            return False
    return False
