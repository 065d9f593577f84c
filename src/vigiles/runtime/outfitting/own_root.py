"""A cell on a root of its own: which folder may be one, and what of a cell's plan is different then."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from vigiles.cell.spec import CellSpec
from vigiles.model.errors import InputInvalid

#: The workload's home where it is root inside, as account files have it.
HOME = "/root"
#: What is no root file system but a part of the host.
_HOSTS = (
    "/",
    "/bin",
    "/boot",
    "/etc",
    "/home",
    "/lib",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/run",
    "/srv",
    "/tmp",
    "/usr",
    "/var",
)
_KERNELS = ("/dev/", "/proc/", "/sys/")


def on_own_root(spec: CellSpec, rootfs: Path | None, *, root_inside: bool) -> CellSpec:
    """Return the cell with the folder ``rootfs`` as its root; as it is if that is None.

    There is no shell shim there: it needs a Python of the host's. Raises :class:`InputInvalid` for a folder that cannot be
    a root, and for ``root_inside`` without one.
    """
    if rootfs is None:
        if root_inside:
            raise InputInvalid(
                "root inside needs a root file system that the cell may change",
                "Give one: --rootfs DIR (docs/guides/rootfs.md says how to make it).",
            )
        return spec
    path = os.path.realpath(rootfs)
    if not os.path.isdir(path):
        raise InputInvalid(f"the root file system {path} is not a directory", "Give an existing directory: --rootfs DIR.")
    if path in (*_HOSTS, str(Path.home())) or f"{path}/".startswith(_KERNELS):
        raise InputInvalid(
            f"{path} cannot be a cell's root file system: it is a part of the host",
            "Make one in a folder of its own; docs/guides/rootfs.md says how.",
        )
    for other in (spec.workdir, *spec.write):
        if other and _overlap(path, os.path.realpath(other)):
            raise InputInvalid(
                f"the root file system {path} and {other}, where the agent works, lie in each other",
                "Keep them beside each other: what the agent changes in the one must not be the other.",
            )
    home = HOME if root_inside else spec.home
    return msgspec.structs.replace(spec, rootfs=path, root_inside=root_inside, home=home, bound=[], shim=False)


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
