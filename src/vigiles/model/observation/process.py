"""Processes: seen to start, seen to end."""

from __future__ import annotations

from typing import Literal

from vigiles.model.observation.base import Observation


class ProcessStart(Observation, frozen=True, kw_only=True, tag="process_start"):
    """A process image began. ``via``: ``launch`` by us, ``exec`` notified (argv is what was asked of the kernel),
    ``scan`` found alive (a fork that never executed anything), ``fork`` seen to fork and to execute nothing so far.

    ``pid`` is the host's pid; ``started`` its start time in clock ticks since boot, which with ``pid`` is unique.
    ``exe`` is the path as seen in the cell. ``argv`` holds up to 256 words of up to 4096 bytes, 64 KiB together; a word that
    is longer ends in ``…``, and ``…(+N)`` as the last of more than 64 stands for N further words (at least). What could not
    be read is left out: ``exe`` empty and no ``argv``, where nothing could. ``tried`` holds the paths that the same place in
    the same process asked for just before with the same arguments: a search along PATH, whose last path is ``exe``.
    """

    pid: int
    ppid: int
    via: Literal["launch", "exec", "scan", "fork"]
    exe: str
    argv: list[str]
    tried: list[str] = []
    cwd: str | None = None
    started: int | None = None


class ProcessExit(Observation, frozen=True, kw_only=True, tag="process_exit"):
    """A process ended; ``cpu_us`` where known (user plus system, microseconds)."""

    pid: int
    status: int | None = None
    cpu_us: int | None = None
