"""Where records get their time and their name: the only clock and the only id source below the runtime."""

from __future__ import annotations

import os
import time
from functools import lru_cache

from vigiles.model.stamp import Stamp


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Return the kernel's random boot id, or ``unknown`` where /proc does not show it."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return "unknown"


def now() -> Stamp:
    """Return the present moment on all three clocks."""
    return Stamp(wall_us=time.time_ns() // 1000, mono_us=time.monotonic_ns() // 1000, boot=boot_id())


def new_id(prefix: str) -> str:
    """Return ``prefix-``, the wall clock's microseconds and 44 random bits, as 24 hex digits: ids sort by their time.

    So the index of ids grows at its end; with random ids every record would touch another page of it. The prefix says what
    was minted (``run``, ``ep``, ``act``, ``obs`` and so on); findings and incidents have ids that follow from their content.
    """
    return f"{prefix}-{time.time_ns() // 1000:013x}{int.from_bytes(os.urandom(6), 'big') >> 4:011x}"
