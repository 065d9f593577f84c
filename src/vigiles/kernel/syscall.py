"""The system call itself, and the numbers of the calls we use or deny."""

from __future__ import annotations

import ctypes
import os
import platform

libc = ctypes.CDLL(None, use_errno=True)
_syscall = libc.syscall
_syscall.restype = ctypes.c_long

#: x86_64 numbers (arch/x86/entry/syscalls/syscall_64.tbl). Other architectures are refused by the cell.
X86_64: dict[str, int] = {
    "ioctl": 16,
    "sendto": 44,
    "socket": 41,
    "connect": 42,
    "sendmsg": 46,
    "bind": 49,
    "socketpair": 53,
    "setsockopt": 54,
    "clone": 56,
    "execve": 59,
    "ptrace": 101,
    "syslog": 103,
    "ustat": 136,
    "pivot_root": 155,
    "adjtimex": 159,
    "chroot": 161,
    "acct": 163,
    "settimeofday": 164,
    "mount": 165,
    "umount2": 166,
    "swapon": 167,
    "swapoff": 168,
    "reboot": 169,
    "sethostname": 170,
    "setdomainname": 171,
    "iopl": 172,
    "ioperm": 173,
    "init_module": 175,
    "delete_module": 176,
    "quotactl": 179,
    "lookup_dcookie": 212,
    "clock_settime": 227,
    "kexec_load": 246,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "migrate_pages": 256,
    "unshare": 272,
    "move_pages": 279,
    "vmsplice": 278,
    "perf_event_open": 298,
    "fanotify_init": 300,
    "prlimit64": 302,
    "name_to_handle_at": 303,
    "open_by_handle_at": 304,
    "clock_adjtime": 305,
    "sendmmsg": 307,
    "setns": 308,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "kcmp": 312,
    "finit_module": 313,
    "seccomp": 317,
    "kexec_file_load": 320,
    "bpf": 321,
    "execveat": 322,
    "userfaultfd": 323,
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_open": 434,
    "clone3": 435,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
    "memfd_secret": 447,
    "open_tree_attr": 467,
}


def number(name: str) -> int:
    """Return the system call number. Raises KeyError on an architecture or name that is not known."""
    if platform.machine() != "x86_64":
        raise KeyError(f"no system call table for {platform.machine()}")
    return X86_64[name]


def call(name: str, *args: int | bytes | ctypes.Array[ctypes.c_char] | ctypes.c_void_p | None) -> int:
    """Do the system call and return its result. Raises OSError."""
    result: int = _syscall(ctypes.c_long(number(name)), *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


libc.prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong]


def prctl(option: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0) -> int:
    """prctl(2). Raises OSError."""
    result: int = libc.prctl(option, a, b, c, d)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"prctl {option}: {os.strerror(error)}")
    return result
