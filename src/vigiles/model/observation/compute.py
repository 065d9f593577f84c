"""CPU seconds and memory."""

from __future__ import annotations

from vigiles.model.observation.base import Observation


class Compute(Observation, frozen=True, kw_only=True, tag="compute"):
    """CPU time one call's processes used between two looks.

    ``cpu_us`` within ``interval_us``; ``total_us`` since the call began; ``ended`` says that the call itself had returned.
    ``busiest_pid``/``busiest_us``: the process that used most; ``io_bytes``: bytes read and written by storage and sockets
    of these processes in the interval, where the kernel tells. ``memory_bytes``: private and shared memory that the largest
    of them has now; 0 below 64 MiB.
    """

    interval_us: int
    cpu_us: int
    total_us: int
    processes: int
    ended: bool
    busiest_pid: int | None = None
    busiest_us: int = 0
    busiest_argv: list[str] = []
    io_bytes: int = 0
    memory_bytes: int = 0
