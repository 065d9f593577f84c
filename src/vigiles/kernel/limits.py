"""Resource limits of one call. Source: setrlimit(2), user_namespaces(7) for RLIMIT_NPROC."""

from __future__ import annotations

import resource

#: Other cells of the same user draw on the same counts of the host: none may use them up.
_OF_THE_USER = (
    (resource.RLIMIT_SIGPENDING, 4096),
    (resource.RLIMIT_MSGQUEUE, 819_200),
    (resource.RLIMIT_MEMLOCK, 8 << 20),
    (resource.RLIMIT_RTPRIO, 0),
    (resource.RLIMIT_NICE, 0),
)


def apply(*, processes: int, memory_bytes: int, cpu_seconds: int, open_files: int, file_bytes: int) -> None:
    """Set the limits on this process and its children; 0 leaves one as it is. Raises ValueError, OSError.

    ``processes`` counts every process of the uid in this user namespace. ``memory_bytes`` bounds each process's private
    writable memory (RLIMIT_DATA: unlike RLIMIT_AS it leaves large reserved ranges alone, which WebAssembly needs).
    ``cpu_seconds`` is per process: SIGXCPU, then SIGKILL a second later. Core dumps and real-time priorities are off, and
    what the kernel counts for a user (queued signals, message queues, locked memory) is bounded for this user namespace.
    """
    _lower(resource.RLIMIT_CORE, 0, 0)
    for kind, limit in _OF_THE_USER:
        _lower(kind, limit, limit)
    if processes:
        _lower(resource.RLIMIT_NPROC, processes, processes)
    if memory_bytes:
        _lower(resource.RLIMIT_DATA, memory_bytes, memory_bytes)
    if cpu_seconds:
        _lower(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1)
    if open_files:
        _lower(resource.RLIMIT_NOFILE, open_files, open_files)
    if file_bytes:
        _lower(resource.RLIMIT_FSIZE, file_bytes, file_bytes)


def _lower(kind: int, soft: int, hard: int) -> None:
    present = resource.getrlimit(kind)[1]
    if present != resource.RLIM_INFINITY:
        hard = min(hard, present)
    resource.setrlimit(kind, (min(soft, hard), hard))
