"""How a deed ended."""

from __future__ import annotations

from typing import Literal

from vigiles.model.record import Event

Outcome = Literal["performed", "failed", "refused", "killed"]


class Result(Event, frozen=True, kw_only=True, tag="result"):
    """The end of act ``act``: outputs by digest and size, never by content.

    ``exit_code`` for a process that exited, ``signal`` for one that was killed. ``cpu_us`` and ``wall_us`` are
    microseconds; ``cpu_us`` counts every process of the call that has ended so far. ``background`` is the number of
    processes of the call that still live. ``memory_peak``: the most memory, bytes, that all of the call had at once so far;
    None where nobody counts it (below tier R). ``honey``: the honey tokens that stood in the output.
    """

    act: str
    outcome: Outcome
    exit_code: int | None = None
    signal: int | None = None
    stdout_sha256: str | None = None
    stdout_bytes: int = 0
    stderr_sha256: str | None = None
    stderr_bytes: int = 0
    truncated: bool = False
    wall_us: int = 0
    cpu_us: int = 0
    background: int = 0
    memory_peak: int | None = None
    error: str | None = None
    honey: list[str] = []
