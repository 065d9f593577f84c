"""Landlock and seccomp: what walls a call off without any namespace."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import tempfile

from vigiles.cell import syscalls
from vigiles.kernel import bpf, landlock, listener, privileges, syscall
from vigiles.runtime.doctor.child import in_child
from vigiles.runtime.doctor.row import Row, tried

_FLAG_NEW_LISTENER, _FLAG_WAIT_KILLABLE = 8, 32
_LANDLOCK_ABIS = {
    1: "files",
    2: "moves between folders",
    3: "truncation",
    4: "TCP ports",
    5: "device ioctls",
    6: "signals and abstract sockets",
    7: "audit records",
}


def landlock_rows() -> list[Row]:
    """Put a domain up and write against it; say what a newer kernel would add."""
    version = landlock.abi()
    more = 'a kernel of 5.13 or newer with CONFIG_SECURITY_LANDLOCK=y and "landlock" in the boot option lsm='
    error = in_child(lambda: _restrict(version))[1] if version else "no Landlock"
    rows = [tried("Landlock", error, "second wall for files", more, "U-", f"ABI {version}")]
    lacking = [what for number, what in _LANDLOCK_ABIS.items() if number > version]
    if version and lacking:
        why = "more walls of the same kind"
        newer = "a newer kernel: 6.12 has ABI 6, 6.15 has ABI 7"
        rows.append(tried("Landlock, newer parts", "lacks " + ", ".join(lacking), why, newer, None))
    return rows


def _restrict(version: int) -> str:
    privileges.no_new_privileges()
    landlock.restrict_self(landlock.ruleset(version, [("/", landlock.READ)]))
    try:
        with tempfile.TemporaryFile(dir="/tmp"):
            return "it does not hold: a file could still be written"
    except OSError as error:
        return "" if error.errno in (errno.EACCES, errno.EROFS) else str(error)


def seccomp_rows() -> list[Row]:
    """Install the cell's program with a listener, and try what only newer kernels have."""
    notify = in_child(_listen)
    killable = in_child(lambda: _listen_with(_FLAG_WAIT_KILLABLE))[1]
    wake = in_child(_wake)[1]
    more = "a kernel of 5.19 or newer with CONFIG_SECCOMP_FILTER=y; under an outer sandbox, allow seccomp user notification"
    return [
        tried("seccomp notify", notify[1], "ties each connect and exec to its call", more, "U-"),
        tried("WAIT_KILLABLE", killable, "signals cannot repeat a judged call", "a kernel of 5.19 or newer", None),
        tried("SYNC_WAKE_UP", wake, "faster answers to notifications", "a kernel of 6.6 or newer", None),
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
