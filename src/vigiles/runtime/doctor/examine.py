"""The whole examination, and the tier that follows from it."""

from __future__ import annotations

import os
import platform
import time

import msgspec

from vigiles.runtime.doctor.bare import bare_rows
from vigiles.runtime.doctor.groups import group_rows
from vigiles.runtime.doctor.kernel_sensors import audit_row, bpf_rows
from vigiles.runtime.doctor.machine import clock_row, machine_row, roots_row
from vigiles.runtime.doctor.root import filter_row, uid_row
from vigiles.runtime.doctor.row import Row, Tier
from vigiles.runtime.doctor.spaces import cell_rows, process_limit_row
from vigiles.runtime.doctor.walls import landlock_rows, seccomp_rows
from vigiles.runtime.outfitting.bare import WEAKER


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """All rows and the tier that follows from them. ``weaker``: what tier U- has not, by name. ``took_us``: microseconds."""

    kernel: str
    machine: str
    root: bool
    tier: Tier
    rows: list[Row]
    weaker: dict[str, str]
    took_us: int


def examine() -> Examination:
    """Try every control and return what works. Raises OSError only if this process cannot even fork."""
    began = time.monotonic_ns()
    rows = [machine_row(), *landlock_rows(), *seccomp_rows(), *cell_rows(), process_limit_row(), clock_row(), roots_row()]
    rows += bare_rows()
    rows += [*group_rows(), uid_row(), filter_row(), *bpf_rows(), audit_row()]
    return Examination(
        kernel=platform.release(),
        machine=platform.machine(),
        root=os.geteuid() == 0,
        tier=tier_of(rows),
        rows=rows,
        weaker=dict(WEAKER),
        took_us=(time.monotonic_ns() - began) // 1000,
    )


def tier_of(rows: list[Row]) -> Tier:
    """Return the highest tier below what is missing; R only for root."""
    missing = {row.tier for row in rows if row.state == "missing"}
    reached: Tier = "none"
    for tier in ("U-", "U", "R"):
        if tier in missing:
            break
        reached = tier
    return "U" if reached == "R" and os.geteuid() != 0 else reached
