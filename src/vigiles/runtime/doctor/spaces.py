"""Namespaces and what a cell does in them, and the limit of processes that only a user namespace gives."""

from __future__ import annotations

import ctypes
import os
import resource
import signal

from vigiles.kernel import loopback, memory, namespaces, overlay, privileges
from vigiles.kernel import mounts as mount_calls
from vigiles.runtime.doctor.child import fork, in_child
from vigiles.runtime.doctor.row import Row, tried

_USERNS_MORE = (
    "sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1 "
    "kernel.apparmor_restrict_unprivileged_userns=0 (those that exist), or run as root"
)


def cell_rows() -> list[Row]:
    """Enter the namespaces of a cell once, and try in them what a cell does there."""
    steps, error = in_child(_enter)
    done = dict.fromkeys(steps.splitlines())

    def of(step: str, control: str, why: str, more: str) -> Row:
        failed = None if step in done else error if error and error.startswith(step) else "not reached"
        return tried(control, failed, why, more, "U")

    kernel = "a kernel of 5.12 or newer with CONFIG_OVERLAY_FS; under an outer sandbox, allow mounts in user namespaces"
    return [
        of("user", "user namespaces", "a cell without root", _USERNS_MORE),
        of("network", "network namespace", "no way out but the door", "a kernel with CONFIG_NET_NS"),
        of("mounts", "mounts inside", "the agent sees only listed files", kernel),
        of("overlay", "overlay inside", "changes are known, held back", kernel + " (5.11: overlay for ordinary users)"),
        memory_row(),
    ]


def _enter() -> str:
    """Do what a cell's init does, step by step, naming each step on standard output as it holds."""
    step = "user"
    try:
        uid, gid = os.geteuid(), os.getegid()
        namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNS)
        namespaces.map_self(uid, uid, gid, gid)
        os.write(1, b"user\n")
        step = "network"
        namespaces.unshare(namespaces.NEWNET | namespaces.NEWUTS | namespaces.NEWIPC | namespaces.NEWPID)
        loopback.bring_up()
        os.write(1, b"network\n")
        step = "mounts"
        mount_calls.private_tree()
        mount_calls.mount("tmpfs", "/tmp", "tmpfs", mount_calls.NOSUID | mount_calls.NODEV)
        for name in ("lower", "upper", "work", "merged", "usr"):
            os.mkdir(f"/tmp/{name}")
        mount_calls.bind("/usr", "/tmp/usr")
        mount_calls.restrict("/tmp/usr")
        os.write(1, b"mounts\n")
        step = "overlay"
        overlay.writable("/tmp/lower", "/tmp/upper", "/tmp/work", "/tmp/merged", privileged=False)
        with open("/tmp/merged/file", "wb"):
            pass
        os.stat("/tmp/upper/file")
        os.write(1, b"overlay\n")
    except OSError as error:
        return f"{step}: {os.strerror(error.errno or 0)}"
    return ""


def memory_row() -> Row:
    """Read the memory of a process in a user namespace below ours from a sibling of it, as the notifier does."""
    secret = ctypes.create_string_buffer(b"vigiles")
    reader, writer = os.pipe()
    pid = fork(lambda: _hold(writer))
    os.close(writer)
    error: str | None = "the process to read from died"
    if os.read(reader, 1):
        error = in_child(lambda: _look(pid, ctypes.addressof(secret)), drop=False)[1]
    os.close(reader)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    more = "sysctl -w kernel.yama.ptrace_scope=1 (3 forbids it to everybody); in a container, allow process_vm_readv"
    return tried("reading callers", error, "which address a call asked for", more, "U-")


def _hold(writer: int) -> str:
    try:
        namespaces.unshare(namespaces.NEWUSER)
    except OSError:
        pass  # a row of its own says so; reading is tried without
    privileges.dumpable()
    os.write(writer, b"x")
    signal.pause()
    return ""


def _look(pid: int, address: int) -> str:
    return "" if memory.read(pid, address, 7) == b"vigiles" else "another content was read"


def process_limit_row() -> Row:
    """Fill a fresh user namespace with processes up to its limit."""
    error = in_child(_fill)[1]
    why = "bounds fork bombs without root"
    return tried("RLIMIT_NPROC inside", error, why, "a kernel of 5.14 or newer, with user namespaces", "U")


def _fill() -> str:
    namespaces.unshare(namespaces.NEWUSER)
    resource.setrlimit(resource.RLIMIT_NPROC, (4, 4))
    children: list[int] = []
    try:
        for _ in range(8):
            children.append(fork(_pause))
    except BlockingIOError:
        return "" if children else "not even one process could be started"
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return "the limit does not hold"


def _pause() -> str:
    signal.pause()
    return ""
