"""Sockets of container runtimes that a shown path leads to: who may write to one is root on the host.

A read-only mount is no help, for connecting to a socket is not writing to a file system.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence

NAMES = frozenset(
    {
        "docker.sock",
        "containerd.sock",
        "containerd.sock.ttrpc",
        "podman.sock",
        "crio.sock",
        "buildkitd.sock",
        "cri-dockerd.sock",
        "lxd.socket",
        "unix.socket",
        "incus.socket",
    }
)
#: Where they lie by default, from their own documentation.
PLACES = (
    "/run/docker.sock",
    "/var/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
    "/run/buildkit/buildkitd.sock",
    "/var/lib/lxd/unix.socket",
    "/var/snap/lxd/common/lxd/unix.socket",
    "/var/lib/incus/unix.socket",
)
#: Variables that tell a client where its daemon listens.
VARIABLES = ("DOCKER_HOST", "CONTAINER_HOST", "CONTAINERD_ADDRESS", "BUILDKIT_HOST", "CONTAINER_RUNTIME_ENDPOINT")
_LOOKED_AT = 2_000


def below(shown: Sequence[str]) -> list[str]:
    """Return the sockets of container runtimes at or below the ``shown`` paths, as far as a bounded look finds them."""
    found: dict[str, None] = {}
    for top in shown:
        real = os.path.realpath(top)
        for place in (*PLACES, *_of_user()):
            there = os.path.realpath(place)
            if _is_socket(there) and (there == real or there.startswith(real.rstrip("/") + "/")):
                found[there] = None
        for path in _walked(real):
            if os.path.basename(path) in NAMES and _is_socket(path):
                found[path] = None
    return list(found)


def _of_user() -> Iterator[str]:
    run = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}")
    yield f"{run}/docker.sock"
    yield f"{run}/podman/podman.sock"


def _walked(top: str) -> Iterator[str]:
    if not os.path.isdir(top):
        yield top
        return
    seen = 0
    for folder, _, names in os.walk(top):
        for name in names:
            seen += 1
            if seen > _LOOKED_AT:
                return
            yield os.path.join(folder, name)


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.lstat(path).st_mode)
    except OSError:
        return False
