"""One forbidden thing that the self-probe does, and what its end proves.

A wall that was asked for is not a wall that stands. So each attempt really does the forbidden thing and names the errors by
which a wall refuses it; any other end, success or an unexpected error, counts as not stopped, for it proves nothing.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from vigiles.kernel import landlock
from vigiles.model.cell import ProbeResult


class NotStopped(Exception):
    """The forbidden thing worked; the message says how far."""


@dataclass(frozen=True)
class Attempt:
    """One forbidden thing: ``act`` does it, ``refusals`` are the errnos by which a wall says no.

    ``act`` returns (or raises :class:`NotStopped`) when nothing stopped it. ``landlock`` is the first Landlock ABI that can
    stop it; below, it is not tried, because another wall makes it harmless and the kernel can do no better.
    """

    name: str
    act: Callable[[], object]
    refusals: frozenset[int]
    landlock: int = 0


def attempt(attempts: Iterable[Attempt], *, landlock_abi: int | None = None) -> list[ProbeResult]:
    """Try each; return what stopped it, or that nothing did. Never raises. Changes this process: use a forked child."""
    abi = landlock.abi() if landlock_abi is None else landlock_abi
    return [_try(one) for one in attempts if one.landlock <= abi]


def read_report(data: bytes) -> list[ProbeResult]:
    """Return the results in a report. Raises ``msgspec.DecodeError`` when it was cut short or is none."""
    return msgspec.json.decode(data, type=list[ProbeResult])


def breaches(results: Iterable[ProbeResult]) -> list[ProbeResult]:
    """Return what was not stopped: with one of these a cell must not start."""
    return [result for result in results if not result.stopped]


def _try(one: Attempt) -> ProbeResult:
    try:
        one.act()
    except NotStopped as error:
        return ProbeResult(name=one.name, stopped=False, detail=str(error))
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, str(error.errno))
        stopped = error.errno in one.refusals
        return ProbeResult(name=one.name, stopped=stopped, detail=name if stopped else f"unexpected {name}")
    except Exception as error:
        return ProbeResult(name=one.name, stopped=False, detail=f"probe failed: {type(error).__name__}")
    return ProbeResult(name=one.name, stopped=False, detail="it worked")
