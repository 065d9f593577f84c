"""What this machine and this process are: privileged in a container, in the host's namespaces, near a metadata service.

Nothing is sent: whether an address has a route is asked of the kernel alone.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from vigiles.detectors.metadata_places import ADDRESSES, metadata_service
from vigiles.ruleset.egress import split_host_port
from vigiles.ruleset.profile import REFUSED_RANGES, Egress

#: The inode numbers of the first namespaces (``include/linux/proc_ns.h``): user, pid.
_FIRST_USER, _FIRST_PID = 0xEFFFFFFD, 0xEFFFFFFC
#: CAP_SYS_ADMIN, CAP_SYS_MODULE, CAP_SYS_RAWIO: together only where a container is privileged.
_ALL_POWER = 1 << 21 | 1 << 16 | 1 << 17


def metadata_allowed(egress: Egress) -> list[str]:
    """Return the metadata services that a profile lets a cell reach and that this machine has a route to."""
    open_ranges = egress.mode == "observe" or not set(REFUSED_RANGES) <= set(egress.refused_ranges)
    allowed: dict[str, str] = {}
    if egress.mode == "observe":
        allowed = {address: address for address in ADDRESSES}
    elif egress.mode == "allow":
        for item in egress.hosts:
            host = split_host_port(item)[0]
            address = egress.pins.get(item)
            if metadata_service(host) and (address is not None or open_ranges):
                allowed[host] = address or host
            elif address is not None and metadata_service(address):
                allowed[host] = address
    return [name for name, address in allowed.items() if _route(address)]


def container() -> str | None:
    """Return by what it shows that this process runs in a container; None: it does not show."""
    for mark in ("/.dockerenv", "/run/.containerenv"):
        if os.path.exists(mark):
            return mark
    named = os.environ.get("container")  # noqa: SIM112 - podman and systemd write it in lower case
    named = named or os.environ.get("KUBERNETES_SERVICE_HOST")
    return None if not named else "the environment"


def privileged(proc: Path = Path("/proc"), inside: str | None = None, net: Path = Path("/sys/class/net")) -> list[str]:
    """Return what of the host a container's process, ours, has been given. ``inside``: as :func:`container` says."""
    if inside is None:
        return []
    told = []
    if _capabilities(proc) & _ALL_POWER == _ALL_POWER and _inode(proc, "user") == _FIRST_USER:
        told.append("this container is privileged: all capabilities, in the host's user namespace")
    if _inode(proc, "pid") == _FIRST_PID:
        told.append("this container has the host's process namespace")
    if any((card / "device").exists() for card in (net.iterdir() if net.is_dir() else ())):
        told.append("this container has the host's network namespace: real network cards")
    return told


def _capabilities(proc: Path) -> int:
    try:
        status = (proc / "self" / "status").read_text("ascii", "replace")
    except OSError:
        return 0
    return next((int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:")), 0)


def _inode(proc: Path, kind: str) -> int:
    try:
        return int(os.readlink(proc / "self" / "ns" / kind).partition("[")[2].rstrip("]"))
    except (OSError, ValueError):
        return 0


def _route(address: str) -> bool:
    """Say whether the kernel has a route to an address; a name cannot be told without asking, and counts."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.inet_pton(family, address)
    except OSError:
        return True
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 80))  # of a datagram socket: asks for a route, sends nothing
    except OSError:
        return False
    return True
