"""What this machine can enforce, found by doing it: the facts behind ``vigiles doctor``.

Nothing is concluded from a version number where trying is possible. Whatever changes a process is tried in a forked child
that is thrown away; the child is an ordinary user even when the caller is root, because that is who the workload will be.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import tempfile
import time
from collections.abc import Callable
from typing import Literal

import msgspec

from vigiles.cell import syscalls
from vigiles.kernel import bpf, landlock, listener, loopback, memory, namespaces, overlay, privileges, syscall
from vigiles.kernel import mounts as mount_calls

State = Literal["works", "missing", "not needed"]
Tier = Literal["none", "U-", "U", "R"]

_NOBODY = 65534
_WAIT_S = 5
_FLAG_NEW_LISTENER, _FLAG_WAIT_KILLABLE = 8, 32
_PROG_LOAD, _PROG_CGROUP_SKB = 5, 8
_LANDLOCK_ABIS = {
    1: "files",
    2: "moves between folders",
    3: "truncation",
    4: "TCP ports",
    5: "device ioctls",
    6: "signals and abstract sockets",
    7: "audit records",
}
_USERNS_MORE = (
    "sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1 "
    "kernel.apparmor_restrict_unprivileged_userns=0 (those that exist), or run as root"
)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One control: its state, a word of what was seen, why it matters, and what to do for more (empty: nothing).

    ``tier`` is the lowest tier that cannot do without it, None where it only helps.
    """

    control: str
    state: State
    detail: str
    why: str
    more: str = ""
    tier: Tier | None = None


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """All rows and the tier that follows from them. ``took_us`` is microseconds."""

    kernel: str
    machine: str
    root: bool
    tier: Tier
    rows: list[Row]
    took_us: int


def examine() -> Examination:
    """Try every control and return what works. Raises OSError only if this process cannot even fork."""
    began = time.monotonic_ns()
    rows = [_machine(), *_landlock(), *_seccomp(), *_namespaces(), _process_limit(), _time(), _cgroup(), _bpf()]
    return Examination(
        kernel=platform.release(),
        machine=platform.machine(),
        root=os.geteuid() == 0,
        tier=_tier(rows),
        rows=rows,
        took_us=(time.monotonic_ns() - began) // 1000,
    )


def _tier(rows: list[Row]) -> Tier:
    missing = {row.tier for row in rows if row.state == "missing"}
    reached: Tier = "none"
    for tier in ("U-", "U", "R"):
        if tier in missing:
            break
        reached = tier
    return "U" if reached == "R" and os.geteuid() != 0 else reached


def _row(control: str, error: str | None, why: str, more: str, tier: Tier | None, detail: str = "") -> Row:
    if error is None:
        return Row(control=control, state="works", detail=detail, why=why, tier=tier)
    return Row(control=control, state="missing", detail=error, why=why, more=more, tier=tier)


# --- one function a group of controls --------------------------------------------------------------------------------


def _machine() -> Row:
    machine = platform.machine()
    error = None if machine == "x86_64" else f"{machine} has no system call table here yet"
    why = "the filter knows calls by number"
    return _row("x86_64 Linux", error, why, "run on x86_64", "U-")


def _landlock() -> list[Row]:
    version = landlock.abi()
    more = 'a kernel of 5.13 or newer with CONFIG_SECURITY_LANDLOCK=y and "landlock" in the boot option lsm='
    error = _in_child(lambda: _restrict(version))[1] if version else "no Landlock"
    rows = [_row("Landlock", error, "second wall for files", more, "U-", f"ABI {version}")]
    lacking = [what for number, what in _LANDLOCK_ABIS.items() if number > version]
    if version and lacking:
        why = "more walls of the same kind"
        newer = "a newer kernel: 6.12 has ABI 6, 6.15 has ABI 7"
        rows.append(_row("Landlock, newer parts", "lacks " + ", ".join(lacking), why, newer, None))
    return rows


def _restrict(version: int) -> str:
    privileges.no_new_privileges()
    landlock.restrict_self(landlock.ruleset(version, [("/", landlock.READ)]))
    try:
        with tempfile.TemporaryFile(dir="/tmp"):
            return "it does not hold: a file could still be written"
    except OSError as error:
        return "" if error.errno in (errno.EACCES, errno.EROFS) else str(error)


def _seccomp() -> list[Row]:
    notify = _in_child(_listen)
    killable = _in_child(lambda: _listen_with(_FLAG_WAIT_KILLABLE))[1]
    wake = _in_child(_wake)[1]
    more = "a kernel of 5.19 or newer with CONFIG_SECCOMP_FILTER=y; under an outer sandbox, allow seccomp user notification"
    return [
        _row("seccomp notify", notify[1], "ties each connect and exec to its call", more, "U-"),
        _row("WAIT_KILLABLE", killable, "signals cannot repeat a judged call", "a kernel of 5.19 or newer", None),
        _row("SYNC_WAKE_UP", wake, "faster answers to notifications", "a kernel of 6.6 or newer", None),
    ]


def _listen() -> str:
    privileges.no_new_privileges()
    os.close(listener.install(syscalls.program(), listen=True))
    return ""


def _program() -> bytes:
    program = bpf.Program()
    program.give(bpf.ALLOW)
    return program.packed()


def _listen_with(flag: int) -> str:
    privileges.no_new_privileges()
    code = ctypes.create_string_buffer(_program())
    packed = ctypes.create_string_buffer(struct.pack("H6xP", len(_program()) // 8, ctypes.addressof(code)))
    os.close(syscall.call("seccomp", 1, _FLAG_NEW_LISTENER | flag, packed))
    return ""


def _wake() -> str:
    privileges.no_new_privileges()
    return "" if listener.wake_synchronously(listener.install(_program(), listen=True)) else "the kernel refuses the flag"


def _namespaces() -> list[Row]:
    """Enter the namespaces of a cell once, and try in them what a cell does there."""
    steps, error = _in_child(_enter)
    done = dict.fromkeys(steps.splitlines())

    def of(step: str, control: str, why: str, more: str) -> Row:
        failed = None if step in done else error if error and error.startswith(step) else "not reached"
        return _row(control, failed, why, more, "U")

    kernel = "a kernel of 5.12 or newer with CONFIG_OVERLAY_FS; under an outer sandbox, allow mounts in user namespaces"
    return [
        of("user", "user namespaces", "a cell without root", _USERNS_MORE),
        of("network", "network namespace", "no way out but the door", "a kernel with CONFIG_NET_NS"),
        of("mounts", "mounts inside", "the agent sees only listed files", kernel),
        of("overlay", "overlay inside", "changes are known, held back", kernel + " (5.11: overlay for ordinary users)"),
        _memory(),
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
        return f"{step}: {os.strerror(error.errno or errno.EIO)}"
    return ""


def _memory() -> Row:
    """Read the memory of a process in a user namespace below ours from a sibling of it, as the notifier does."""
    secret = ctypes.create_string_buffer(b"vigiles")
    reader, writer = os.pipe()
    pid = _fork(lambda: _hold(writer))
    os.close(writer)
    error: str | None = "the process to read from died"
    if os.read(reader, 1):
        error = _in_child(lambda: _look(pid, ctypes.addressof(secret)), drop=False)[1]
    os.close(reader)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    more = "sysctl -w kernel.yama.ptrace_scope=1 (3 forbids it to everybody); in a container, allow process_vm_readv"
    return _row("reading callers", error, "which address a call asked for", more, "U-")


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


def _process_limit() -> Row:
    error = _in_child(_fill)[1]
    why = "bounds fork bombs without root"
    return _row("RLIMIT_NPROC inside", error, why, "a kernel of 5.14 or newer, with user namespaces", "U")


def _fill() -> str:
    namespaces.unshare(namespaces.NEWUSER)
    resource.setrlimit(resource.RLIMIT_NPROC, (4, 4))
    children: list[int] = []
    try:
        for _ in range(8):
            children.append(_fork(_pause))
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


def _time() -> Row:
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    time.sleep(0.001)
    passed = time.clock_gettime_ns(time.CLOCK_MONOTONIC) - before
    error = None if passed > 0 and time.time() > 1_600_000_000 else "the wall clock is before 2020 or the clock stands"
    return _row("clocks", error, "records carry wall and monotonic time", "set the clock (timedatectl)", None)


# --- what only root can add --------------------------------------------------------------------------------------------


def _cgroup() -> Row:
    why = "identity and kill per call, as root"
    if os.geteuid() != 0:
        return Row(control="cgroup v2", state="not needed", detail="only with root", why=why, tier="R")
    mount = _cgroup_mount()
    error: str | None = "not mounted"
    detail = ""
    if mount:
        folder = f"{mount}/vigiles-doctor-{os.getpid()}"
        try:
            os.mkdir(folder)
            try:
                error = None if os.path.exists(f"{folder}/cgroup.kill") else "no cgroup.kill"
                with open(f"{mount}/cgroup.controllers", encoding="ascii") as file:
                    detail = "controllers: " + (file.read().strip() or "none")
            finally:
                os.rmdir(folder)
        except OSError as refused:
            error = os.strerror(refused.errno or errno.EIO)
    more = "mount -t cgroup2 none /sys/fs/cgroup (boot option systemd.unified_cgroup_hierarchy=1), kernel 5.14 or newer"
    return _row("cgroup v2", error, why, more, "R", detail)


def _cgroup_mount() -> str | None:
    try:
        with open("/proc/self/mounts", encoding="utf-8") as file:
            return next((words[1] for words in map(str.split, file) if words[2] == "cgroup2"), None)
    except OSError:
        return None


def _bpf() -> Row:
    why = "network identity in the kernel, as root"
    if os.geteuid() != 0:
        return Row(control="BPF", state="not needed", detail="only with root", why=why, tier="R")
    more = "CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF, and CAP_BPF and CAP_NET_ADMIN for this process"
    return _row("BPF", _in_child(_load, drop=False)[1], why, more, "R")


def _load() -> str:
    """Load a cgroup program that says yes: mov r0, 1; exit."""
    code = ctypes.create_string_buffer(struct.pack("BBhiBBhi", 0xB7, 0, 0, 1, 0x95, 0, 0, 0), 16)
    licence = ctypes.create_string_buffer(b"Apache-2.0")
    fields = struct.pack("IIQQ", _PROG_CGROUP_SKB, 2, ctypes.addressof(code), ctypes.addressof(licence))
    os.close(syscall.call("bpf", _PROG_LOAD, ctypes.create_string_buffer(fields.ljust(120, b"\0"), 120), 120))
    return ""


# --- children ----------------------------------------------------------------------------------------------------------


def _fork(act: Callable[[], str], out: int = -1, drop: bool = True) -> int:
    """Fork a child that does ``act`` as an ordinary user and writes its complaint (an empty one is success) to ``out``."""
    pid = os.fork()
    if pid:
        return pid
    complaint = "failed"
    try:
        privileges.die_with_parent()
        signal.alarm(_WAIT_S)
        if out >= 0:
            os.dup2(out, 1)
        if drop and os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
            privileges.dumpable()  # changing uid closed /proc/self, where the identity maps lie
        complaint = act()
    except OSError as error:
        complaint = os.strerror(error.errno or errno.EIO)
    except BaseException as error:
        complaint = type(error).__name__
    finally:
        if out >= 0:
            os.write(out, b"\0" + complaint.encode())
        os._exit(0)


def _in_child(act: Callable[[], str], drop: bool = True) -> tuple[str, str | None]:
    """Do ``act`` in a child; return what it printed and its complaint, None if there is none."""
    reader, writer = os.pipe()
    pid = _fork(act, writer, drop)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        printed, found, complaint = file.read().partition(b"\0")
    status = os.waitpid(pid, 0)[1]
    if not found:
        return printed.decode(), f"the child died of signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "no answer"
    return printed.decode(), complaint.decode() or None
