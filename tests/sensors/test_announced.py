"""Which processes are on record already."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Any

from vigiles.sensors.announced import Announced
from vigiles.sensors.scan import Seen

TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")


def seen(pid: int, started: int) -> Seen:
    made: dict[str, Any] = {"ppid": 1, "inner": pid, "call": 1, "state": "S", "comm": "x", "exe": "/x", "argv": ("x",)}
    return Seen(pid=pid, started=started, own_us=0, waited_us=0, io_bytes=0, **made)


def now_ticks() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000 // TICK_US


def test_a_start_since_the_process_began_is_known_and_an_earlier_one_is_anothers() -> None:
    announced = Announced()
    process = seen(7, now_ticks())
    assert not announced.knows(process)
    announced.add(7, time.monotonic_ns() // 1000)
    assert announced.knows(process)
    assert announced.knows(replace(process, started=process.started - 500))
    assert not announced.knows(replace(process, started=process.started + 500))
    assert not announced.knows(seen(8, process.started))


def test_a_flood_pushes_out_the_oldest_only() -> None:
    announced = Announced(most=3)
    started = now_ticks()
    for pid in (1, 2, 3, 1, 4):
        announced.add(pid, time.monotonic_ns() // 1000)
    assert [pid for pid in (1, 2, 3, 4) if announced.knows(seen(pid, started))] == [1, 3, 4]
