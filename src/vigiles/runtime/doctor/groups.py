"""Control groups, as root: the hierarchies that are there, and a cell's groups made, entered, killed and removed."""

from __future__ import annotations

import os
import signal

from vigiles.cell.groups import Groups, new_name
from vigiles.kernel import cgroups
from vigiles.runtime.doctor.child import fork, in_child
from vigiles.runtime.doctor.row import Row, for_root, tried

_PROCESSES, _BYTES = 64, 1 << 28
_V2 = ("cgroup v2", "identity, CPU time and kill per call")
#: Name of the row, controller, what for. Without them tier R has the limits of tier U.
_LIMITS = (
    ("cgroup pids", "pids", "a limit of processes per cell"),
    ("cgroup memory", "memory", "a limit of a cell's whole memory"),
)


def group_rows() -> list[Row]:
    """Return a row for version 2 and one for each controller, wherever it is."""
    if (row := for_root(*_V2, "R")) is not None:
        return [row, *(row for name, _, why in _LIMITS if (row := for_root(name, why, None)) is not None)]
    hierarchies = cgroups.here()
    printed, error = in_child(_make_and_kill, drop=False)
    refused = dict(line.split("\t", 1) for line in printed.splitlines())
    more = "mount -t cgroup2 none /sys/fs/cgroup, writable and outside of a container; kernel 5.14 or newer"
    detail = "" if hierarchies is None else f"writable, at {hierarchies.unified}"
    rows = [tried(_V2[0], error, _V2[1], more, "R", detail)]
    for name, controller, why in _LIMITS:
        place = _place(hierarchies, controller)
        failed = (
            "no controller, in version 2 or 1" if not place else refused.get(controller) if error is None else "not tried"
        )
        more = f"enable the {controller} controller: cgroup.subtree_control at the root, or mount version 1's"
        rows.append(tried(name, failed, why, more, None, place))
    return rows


def _place(hierarchies: cgroups.Hierarchies | None, controller: str) -> str:
    """Say where a controller is; empty if it is nowhere."""
    if hierarchies is None:
        return ""
    if controller in hierarchies.legacy:
        return f"version 1, at {hierarchies.legacy[controller]}"
    return "version 2" if controller in hierarchies.own else ""


def _make_and_kill() -> str:
    """Make groups as for a cell, enter one, kill it; print each limit that was refused."""
    groups = Groups.open(new_name())
    try:
        cell = groups.cell("doctor")
        for name in cell.make(processes=_PROCESSES, memory_bytes=_BYTES):
            os.write(1, f"{name}\tthe limit was refused\n".encode())
        entrances = cell.call(1).entrances
        pid = fork(lambda: _enter(entrances), drop=False)
        for fd in entrances:
            os.close(fd)
        # It entered before it was stopped, so what kills it is its group.
        os.waitpid(pid, os.WUNTRACED)
        groups.supervisor.kill()
        status = os.waitpid(pid, 0)[1]
        return "" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else "the group could not be killed"
    finally:
        groups.close()


def _enter(entrances: list[int]) -> str:
    for fd in entrances:
        os.write(fd, b"0")
    os.kill(os.getpid(), signal.SIGSTOP)
    return ""
