"""Limits: set, never raised, and felt."""

from __future__ import annotations

import mmap
import os
import resource
import signal
from typing import Any

import pytest

from vigiles.kernel import limits

KINDS = {
    "core": resource.RLIMIT_CORE,
    "processes": resource.RLIMIT_NPROC,
    "data": resource.RLIMIT_DATA,
    "cpu": resource.RLIMIT_CPU,
    "files": resource.RLIMIT_NOFILE,
    "size": resource.RLIMIT_FSIZE,
}


def all_limits() -> dict[str, list[int]]:
    return {name: list(resource.getrlimit(kind)) for name, kind in KINDS.items()}


def test_what_is_asked_is_set(in_child: Any) -> None:
    def attempt() -> dict[str, list[int]]:
        limits.apply(processes=77, memory_bytes=1 << 30, cpu_seconds=9, open_files=50, file_bytes=1 << 20)
        return all_limits()

    assert in_child(attempt) == {
        "core": [0, 0],
        "processes": [77, 77],
        "data": [1 << 30, 1 << 30],
        "cpu": [9, 10],
        "files": [50, 50],
        "size": [1 << 20, 1 << 20],
    }


def test_zero_leaves_a_limit_as_it_is(in_child: Any) -> None:
    def attempt() -> list[dict[str, list[int]]]:
        before = all_limits()
        limits.apply(processes=0, memory_bytes=0, cpu_seconds=0, open_files=0, file_bytes=0)
        return [before | {"core": [0, 0]}, all_limits()]

    before, after = in_child(attempt)
    assert before == after


def test_a_limit_is_never_raised(in_child: Any) -> None:
    def attempt() -> list[dict[str, list[int]]]:
        seen = []
        for factor in (1, 1000):
            limits.apply(
                processes=50, memory_bytes=factor << 28, cpu_seconds=5, open_files=40 * factor, file_bytes=factor << 20
            )
            seen.append(all_limits())
        return seen

    first, second = in_child(attempt)
    assert second == first


@pytest.mark.parametrize("what", ["memory", "files", "size"])
def test_limits_are_felt(in_child: Any, what: str) -> None:
    def attempt() -> str:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        file = os.memfd_create("file")
        limits.apply(processes=0, memory_bytes=256 << 20, cpu_seconds=0, open_files=64, file_bytes=1 << 16)
        try:
            if what == "memory":
                # A large private mapping that is only reserved passes; private writable memory does not.
                mmap.mmap(-1, 4 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ)
                mmap.mmap(-1, 512 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            elif what == "files":
                [os.dup(file) for _ in range(100)]
            else:
                os.pwrite(file, b"x", 1 << 16)
        except OSError as error:
            return str(error.errno)
        return "not felt"

    assert in_child(attempt) in {"memory": ("12",), "files": ("24",), "size": ("27",)}[what]


def test_what_a_user_shares_with_other_cells_is_bounded(in_child: Any) -> None:
    kinds = {
        "signals": resource.RLIMIT_SIGPENDING,
        "queues": resource.RLIMIT_MSGQUEUE,
        "locked": resource.RLIMIT_MEMLOCK,
        "real time": resource.RLIMIT_RTPRIO,
        "nice": resource.RLIMIT_NICE,
    }
    most = {"signals": 4096, "queues": 819_200, "locked": 8 << 20, "real time": 0, "nice": 0}

    def attempt() -> dict[str, int]:
        limits.apply(processes=0, memory_bytes=0, cpu_seconds=0, open_files=0, file_bytes=0)
        return {name: resource.getrlimit(kind)[1] for name, kind in kinds.items()}

    told = in_child(attempt)
    assert all(0 <= told[name] <= limit for name, limit in most.items())
