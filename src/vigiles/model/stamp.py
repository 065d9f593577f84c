"""When a record was made: wall clock, monotonic clock and the boot they belong to."""

from __future__ import annotations

import msgspec


class Stamp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Three clocks, because each lies differently.

    ``wall_us``: microseconds since the epoch, UTC; may jump. ``mono_us``: microseconds of CLOCK_MONOTONIC; comparable
    only within one ``boot`` (the kernel's random boot id). Microseconds stay below 2**53 until the year 2255.
    """

    wall_us: int
    mono_us: int
    boot: str
