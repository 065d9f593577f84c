"""What the launcher is told to make: one cell, one call. Plain values, no behaviour."""

from __future__ import annotations

from typing import Literal

import msgspec

WorkdirMode = Literal["overlay", "direct", "read_only"]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one call; 0 is none. See :mod:`vigiles.kernel.limits`."""

    processes: int = 0
    memory_bytes: int = 0
    cpu_seconds: int = 0
    open_files: int = 0
    file_bytes: int = 0


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """A cell's own authority to those who trust it: its certificate (PEM), the hash of its subject by which OpenSSL looks
    it up, and the same certificate as a truststore for Java (PKCS 12, without a password).
    """

    certificate: str
    hashed: str
    keystore: bytes


class CellSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One cell. Paths are absolute paths on the host, shown at the same place inside.

    An empty ``workdir`` makes a *prepared* cell: all but the work directory, which comes with the episode that adopts it.
    ``uid``/``gid``: who the workload is on the host; never 0. ``host_root``: the launcher is root and must drop to them.
    ``read``/``write``: extra paths to show; those of ``read`` also in ``bound`` as they are, the others through an overlay.
    ``network``: make the door's listeners.
    ``redirect``: which plain connects to the outside are handed to the door instead of refused: none, those to ``reachable``
    addresses and what the door's DNS gives out, or all. ``shim``: lay out the shell shim and its socket for an agent.
    ``firewall``: drop by nftables what does not stay on loopback. ``denials``: have the kernel record what Landlock refuses.
    ``private``: in tier U- a folder that init makes and removes: home and temporary files; empty elsewhere.
    ``rootfs``: the folder that is the cell's root in the place of the host's system folders; empty: those. ``root_inside``:
    with a ``rootfs``, the workload is uid 0 of its user namespace (still without capabilities) and may change its root's
    private layer. ``planted``: files of its home, path below it -> text. ``trust``: by what the cell's programs know its
    door where that terminates TLS.
    """

    run: str
    episode: str
    uid: int
    gid: int
    host_root: bool
    workdir: str
    workdir_mode: WorkdirMode
    read: list[str] = []
    bound: list[str] = []
    write: list[str] = []
    tmp_bytes: int = 1 << 30
    tmp_inodes: int = 262_144
    home: str = "/home/agent"
    network: bool = True
    redirect: Literal["none", "listed", "all"] = "none"
    reachable: list[str] = []
    shim: bool = False
    tier: str = "U"
    firewall: bool = False
    denials: bool = False
    private: str = ""
    rootfs: str = ""
    root_inside: bool = False
    planted: dict[str, str] = {}
    trust: Trust | None = None


class CallSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One process to start in a cell: descriptors 0, 1, 2 travel beside it. Arguments and names are bytes, as the kernel's.

    ``environment`` is the whole environment. ``terminal``: make standard input its controlling terminal. ``agent``: give
    it the view in which shells are the shim. ``probe``: run the built-in probe instead of ``argv``. ``placed``: the numbers
    at which further descriptors are put, which travel after those three; high ones, that nothing of ours has. ``group``: the
    number by which the kernel knows the call's control group; 0: it has none.
    """

    call: int
    argv: list[bytes]
    environment: dict[bytes, bytes]
    cwd: bytes
    limits: Limits = Limits()
    terminal: bool = False
    agent: bool = False
    probe: bool = False
    umask: int = 0o022
    placed: list[int] = []
    group: int = 0
