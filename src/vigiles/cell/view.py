"""What a cell sees: a root made of read-only parts of the host, private scratch space, and the work directory.

Where a cell has a root of its own (:mod:`vigiles.cell.rootfs`) there are no parts of the host but those that are listed.

Built by a process that is alone in new mount, pid, network and IPC namespaces and may mount there: namespace root for an
ordinary user, real root otherwise. Order matters: first the system, read-only by one recursive restriction, then what may be
written, then what an episode shows of the host, each restricted by itself. Nothing of the host's /home, /root, /run, /var,
/tmp or /sys is there unless listed.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from vigiles.cell import planting, rootfs, trust
from vigiles.cell.spec import CellSpec
from vigiles.kernel import mounts, overlay, syscall

HOST = "/host"
ROOT = "/root"
SCRATCH = "/scratch"
#: The folder behind ROOT, which may still be written when ROOT is read-only: for places to mount on.
BEHIND = "/behind"
_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "opt")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
SHELLS = ("sh", "bash", "dash", "zsh", "ash", "ksh")
SHIM_DIR = "/run/vigiles"

#: What makes the cell's programs trust its door, until it is moved to where they find it.
_TRUST = f"{SCRATCH}/trust"
_RESOLV = "nameserver 127.0.0.1\noptions timeout:3 attempts:2\n"
_HOSTS = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.0.1 cell\n"


class Idmaps(NamedTuple):
    """For real root: fds of user namespaces that map an owner to the cell's uid, the work directory's and the root's."""

    work: int = -1
    root: int = -1


def prepare(spec: CellSpec) -> None:
    """Build what does not depend on a work directory. Raises OSError with the path that failed."""
    roots = None if spec.trust is None else trust.machine_roots()
    mounts.private_tree()
    options = f"mode=0755,size={spec.tmp_bytes},nr_inodes={spec.tmp_inodes}"
    mounts.mount("tmpfs", "/tmp", "tmpfs", mounts.NOSUID | mounts.NODEV, options)
    for name in (HOST, ROOT, SCRATCH, BEHIND):
        os.mkdir("/tmp" + name)
    os.chdir("/tmp")
    syscall.call("pivot_root", b".", b"host")
    os.chdir("/")
    if spec.trust is not None and roots is not None:
        trust.write(spec.trust, roots, _TRUST)
    _scratch()
    if not spec.rootfs:
        mounts.bind(ROOT, BEHIND)
        mounts.bind(ROOT, ROOT)
        _system()
        _etc(spec)
        _folders(spec)
        mounts.restrict(ROOT)
        _private(spec)


def finish(spec: CellSpec, idmaps: Idmaps) -> int:
    """Build the rest of the view and make it the root; return an fd of the overlay's upper folder (-1 if there is none).

    Raises OSError with the path that failed.
    """
    idmap = idmaps.work
    if spec.rootfs:
        _own_root(spec, idmaps.root)
        _listed(spec.read, spec, idmap)
        _folders(spec)
        if not spec.root_inside:
            mounts.restrict(ROOT)
        _private(spec)
        below_tmp = [path for path in spec.read if not os.path.exists(ROOT + path)]  # it was covered just now
        _listed(below_tmp, spec, idmap)
    else:
        _listed(spec.read, spec, idmap)
        _folders(spec)
    planting.plant(f"{SCRATCH}/home", spec.planted, (spec.uid, spec.gid) if spec.host_root else None)
    upper = _workdir(spec, idmap)
    for path in spec.write:
        _place(path)
        _bind_owned(HOST + path, ROOT + path, idmap)
    mounts.pivot(ROOT)
    return upper


def _own_root(spec: CellSpec, idmap: int) -> None:
    """Lay a folder out as the root. From here on no path that is mounted on leads through a link of that folder."""
    etc = {"resolv.conf": _RESOLV, "hosts": _HOSTS, "hostname": "cell\n"}
    etc |= {} if spec.trust is None else trust.etc_files(_TRUST)
    shown = [path for path in spec.read if os.path.exists(HOST + path)]
    rootfs.stand_on(
        spec,
        idmap,
        host=HOST,
        scratch=SCRATCH,
        target=ROOT,
        folders=[
            *dict.fromkeys(os.path.dirname(f"/etc/{name}") for name in etc),
            *(spec.home, spec.workdir, *spec.write),
            *(path for path in shown if os.path.isdir(HOST + path)),
        ],
        files=[path for path in shown if not os.path.isdir(HOST + path)],
        etc=etc,
    )


def _system() -> None:
    for name in _SYSTEM:
        source, target = f"{HOST}/{name}", f"{ROOT}/{name}"
        try:
            mode = os.lstat(source).st_mode
        except FileNotFoundError:
            continue
        if stat.S_ISLNK(mode):
            os.symlink(os.readlink(source), target)
        elif stat.S_ISDIR(mode):
            os.mkdir(target)
            mounts.bind(source, target)


def _etc(spec: CellSpec) -> None:
    """Show the host's /etc with our own names, hosts and resolver laid over it."""
    ours = f"{SCRATCH}/etc"
    os.mkdir(ours)
    files = {
        "resolv.conf": _RESOLV,
        "hosts": _HOSTS,
        "hostname": "cell\n",
        "passwd": f"root:x:0:0:root:/root:/bin/sh\nagent:x:{spec.uid}:{spec.gid}:agent:{spec.home}:/bin/bash\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
        "group": f"root:x:0:\nagent:x:{spec.gid}:\nnogroup:x:65534:\n",
    }
    for name, text in files.items():
        with open(f"{ours}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    if spec.trust is not None:
        trust.lay_over(spec.trust, _TRUST, ours, HOST + "/etc")
    os.mkdir(ROOT + "/etc")
    overlay.merged([ours, HOST + "/etc"], ROOT + "/etc", privileged=spec.host_root)


def _folders(spec: CellSpec) -> None:
    """Make what is mounted on. Again: what stands is left, so a prepared cell has little to do when its work comes."""
    work = (spec.workdir,) if spec.workdir else ()
    for path in ("/dev", "/proc", "/tmp", "/var/tmp", "/run", "/sys", spec.home, *work, *spec.write):
        _place(path)


def _place(path: str) -> None:
    """Make a folder of the root to mount on, if it is not there, also when the root is read-only already."""
    try:
        os.makedirs(ROOT + path, exist_ok=True)
    except OSError as error:
        if error.errno != errno.EROFS or not os.path.isdir(BEHIND):
            raise
        os.makedirs(BEHIND + path, exist_ok=True)


def _scratch() -> None:
    """Make the folders and files behind what may be written, and behind /dev."""
    for name, mode in (("tmp", 0o1777), ("vartmp", 0o1777), ("home", 0o700), ("run", 0o755), ("run/vigiles", 0o755)):
        os.mkdir(f"{SCRATCH}/{name}")
        os.chmod(f"{SCRATCH}/{name}", mode)
    for name in ("upper", "work", "lower", "dev", "dev/shm", "dev/pts"):
        os.mkdir(f"{SCRATCH}/{name}")
    os.chmod(f"{SCRATCH}/dev/shm", 0o1777)
    for name, to in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{to}", f"{SCRATCH}/dev/{name}")
    os.symlink("pts/ptmx", f"{SCRATCH}/dev/ptmx")
    for name in _DEVICES:
        os.close(os.open(f"{SCRATCH}/dev/{name}", os.O_CREAT | os.O_CLOEXEC))


def _listed(read: Sequence[str], spec: CellSpec, idmap: int) -> None:
    for path in read:
        if _show(path, spec, idmap):
            mounts.restrict(ROOT + path)


def _show(path: str, spec: CellSpec, idmap: int) -> bool:
    """Show a host path at the same place; nothing, and False, if the host has no such path or it is shown.

    A folder is shown through an overlay, for a socket of the host cannot be reached through one; the interpreter's own
    folders, from which much is read, are bound.
    """
    source, target = HOST + path, ROOT + path
    # A file of an overlay has another device than its folder, and would be taken for a mount point.
    if not os.path.exists(source) or (os.path.isdir(target) and os.path.ismount(target)):
        return False
    if not spec.rootfs and any(path == f"/{name}" or path.startswith(f"/{name}/") for name in ("usr", "opt", "etc")):
        return False
    if not os.path.isdir(source):
        if not os.path.lexists(target):
            _place(os.path.dirname(path))
            _touch(target if os.access(os.path.dirname(target), os.W_OK) else BEHIND + path)
        mounts.bind(source, target)
        return True
    _place(path)
    if path in spec.bound:
        mounts.bind(source, target)
        return True
    empty = f"{SCRATCH}/empty"
    os.makedirs(empty, exist_ok=True)
    if idmap >= 0:  # what the owner of the work directory may read, the cell may read here
        owned = f"{SCRATCH}/read{len(os.listdir(SCRATCH))}"
        os.mkdir(owned)
        mounts.bind_idmapped(source, owned, idmap)
        source = owned
    overlay.merged([source, empty], target, privileged=spec.host_root)
    return True


def _touch(path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))


def _private(spec: CellSpec) -> None:
    """Lay out what is the cell's own: what may be written, /dev and /proc."""
    for name, target in (("tmp", "/tmp"), ("vartmp", "/var/tmp"), ("home", spec.home), ("run", "/run")):
        source = f"{SCRATCH}/{name}"
        if name == "run" and spec.trust is not None:
            os.rename(_TRUST, source + "/vigiles/trust")
        if spec.host_root and name == "home":
            os.chown(source, spec.uid, spec.gid)
        mounts.bind(source, ROOT + target, recursive=False)
    _devices(spec)
    mounts.mount("proc", ROOT + "/proc", "proc", mounts.NOSUID | mounts.NODEV | mounts.NOEXEC)
    for name in ("kcore", "keys", "timer_list", "sched_debug"):
        if os.path.exists(f"{ROOT}/proc/{name}"):
            mounts.bind(f"{ROOT}/dev/null", f"{ROOT}/proc/{name}")


def _workdir(spec: CellSpec, idmap: int) -> int:
    source, target = HOST + spec.workdir, ROOT + spec.workdir
    _place(spec.workdir)
    if spec.workdir_mode == "direct":
        _bind_owned(source, target, idmap)
        return -1
    if spec.workdir_mode == "read_only":
        _bind_owned(source, target, idmap)
        mounts.restrict(target)
        return -1
    lower = source
    if idmap >= 0:
        lower = f"{SCRATCH}/lower"
        mounts.bind_idmapped(source, lower, idmap)
    upper = f"{SCRATCH}/upper"
    info = os.stat(source)
    os.chmod(upper, stat.S_IMODE(info.st_mode))
    if spec.host_root:
        os.chown(upper, spec.uid, spec.gid)
    overlay.writable(lower, upper, f"{SCRATCH}/work", target, privileged=spec.host_root)
    return os.open(upper, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _bind_owned(source: str, target: str, idmap: int) -> None:
    if idmap >= 0:
        mounts.bind_idmapped(source, target, idmap)
    else:
        mounts.bind(source, target)
        mounts.restrict(target, rdonly=False)


def _devices(spec: CellSpec) -> None:
    """Lay out /dev; with root inside read-only but for /dev/shm, also where Landlock would allow a write."""
    source = f"{SCRATCH}/dev"
    mounts.bind(source, ROOT + "/dev", recursive=False)
    for name in _DEVICES:
        mounts.bind(f"{HOST}/dev/{name}", f"{ROOT}/dev/{name}")
    options = "newinstance,ptmxmode=0666,mode=0620" + (f",gid={spec.gid}" if spec.host_root else "")
    mounts.mount("devpts", ROOT + "/dev/pts", "devpts", mounts.NOSUID | mounts.NOEXEC, options)
    if spec.root_inside:
        mounts.bind(f"{source}/shm", ROOT + "/dev/shm", recursive=False)
        mounts.restrict(ROOT + "/dev", nodev=False, recursive=False)


def show_shim(shim: str) -> None:
    """In a mount namespace of its own: put the shim in the place of every shell; the real ones stay under SHIM_DIR/shell.

    ``shim`` is the path of the shim as seen in the cell. Other calls live in the cell's own view, where shells are shells.
    """
    for folder in ("/bin", "/usr/bin", "/usr/local/bin"):
        if os.path.islink(folder):
            continue
        for name in SHELLS:
            path = f"{folder}/{name}"
            if os.path.isfile(path) and not os.path.islink(path):
                real = f"{SHIM_DIR}/shell/{name}"
                if os.path.exists(real):
                    mounts.bind(path, real)
                mounts.bind(shim, path)


def prepare_shim(text: str) -> None:
    """Lay out SHIM_DIR (before it becomes read-only): the shim itself and an empty file for each real shell."""
    os.makedirs(f"{SHIM_DIR}/shell", exist_ok=True)
    for name in SHELLS:
        _touch(f"{SHIM_DIR}/shell/{name}")
    with open(f"{SHIM_DIR}/shim", "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(f"{SHIM_DIR}/shim", 0o755)


def seal_kernel() -> None:
    """Make /proc/sys read-only: the kernel lets uid 0 of a user namespace write there what belongs to its namespaces."""
    mounts.bind("/proc/sys", "/proc/sys", recursive=False)
    mounts.restrict("/proc/sys")


def seal_run() -> None:
    """Make /run read-only: nobody inside may replace the shim or its socket."""
    mounts.restrict("/run")
