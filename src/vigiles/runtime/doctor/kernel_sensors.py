"""The kernel's own sensors, as root: BPF programs through libbpf, and Landlock's audit records."""

from __future__ import annotations

import os
from pathlib import Path

from vigiles.cell.groups import Groups, new_name
from vigiles.kernel import audit, landlock
from vigiles.kernel.ebpf import libbpf
from vigiles.kernel.ebpf.programs import Programs
from vigiles.model.errors import ControlUnavailable
from vigiles.runtime.doctor.child import in_child
from vigiles.runtime.doctor.row import Row, for_root, tried

_BTF = Path("/sys/kernel/btf/vmlinux")
_LIBRARY = ("libbpf", "loads the BPF programs")
_TYPES = ("kernel types (BTF)", "BPF programs fit any kernel")
_PROGRAMS = ("BPF programs", "identity of processes and packets, in the kernel")
_AUDIT = ("Landlock audit", "refused files are observations")
_AUDITED = 7
_RING_BYTES = 1 << 16


def bpf_rows() -> list[Row]:
    """Return a row for the library, one for the kernel's types, one for the programs loaded and attached."""
    rows = [row for one in (_LIBRARY, _TYPES, _PROGRAMS) if (row := for_root(*one, "R")) is not None]
    if rows:
        return rows
    try:
        libbpf.library()
        absent = None
    except ControlUnavailable as unavailable:
        absent = str(unavailable)
    types = None if os.access(_BTF, os.R_OK) else f"no {_BTF}"
    error = in_child(_attach, drop=False)[1]
    config = "a kernel with CONFIG_DEBUG_INFO_BTF=y"
    right = "CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF; CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN for this process"
    return [
        tried(_LIBRARY[0], absent, _LIBRARY[1], "install libbpf 1 (Debian: libbpf1)", "R", libbpf.SONAME),
        tried(_TYPES[0], types, _TYPES[1], config, "R", str(_BTF)),
        tried(_PROGRAMS[0], error, _PROGRAMS[1], right, "R", "loaded, attached to a group, removed"),
    ]


def _attach() -> str:
    """Load the programs, attach them to a group of ours, and let go of both."""
    groups = Groups.open(new_name())
    try:
        place = os.open(groups.supervisor.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with Programs(_RING_BYTES) as programs:
            programs.attach(place)
        os.close(place)
    finally:
        groups.close()
    return ""


def audit_row() -> Row:
    """Ask the audit system how it stands; nothing is switched."""
    if (row := for_root(*_AUDIT, None)) is not None:
        return row
    version = landlock.abi()
    detail, error = in_child(_status, drop=False)
    if version < _AUDITED:
        error = f"Landlock ABI {version} makes no records"
    more = "Linux 6.15 or newer with CONFIG_AUDIT=y, in the machine's own namespaces"
    return tried(_AUDIT[0], error, _AUDIT[1], more, None, detail)


def _status() -> str:
    now = audit.status()
    if now.panics:
        return "the machine is set to stop when a record is lost"
    state = "on" if now.enabled else "off, can be switched on"
    os.write(1, f"records are {state}".encode())
    return ""
