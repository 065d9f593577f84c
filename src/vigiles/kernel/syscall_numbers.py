"""The numbers of the system calls that we use or deny, for each architecture a cell can stand on. Pure tables.

Source: arch/x86/entry/syscalls/syscall_64.tbl for x86_64, include/uapi/asm-generic/unistd.h for aarch64, which has no table
of its own. Since number 424 both count alike. A call that an architecture never had is left out of its table: there is
nothing to deny. aarch64 has no call of its own that x86_64 lacks; what it has not are old names for newer calls, and the
gates to the PC's ports.
"""

from __future__ import annotations

from typing import NamedTuple


class Architecture(NamedTuple):
    """``machine`` as uname(2) says it; ``audit`` as seccomp_data says it (linux/audit.h: AUDIT_ARCH_*).

    ``x32``: numbers with bit 30 lead to a second table, under the same ``audit`` value (arch/x86, __X32_SYSCALL_BIT).
    """

    machine: str
    audit: int
    numbers: dict[str, int]
    x32: bool = False


#: file_setattr, Linux 6.17: the last call that this file has looked at. Newer ones have the same number everywhere.
NEWEST_KNOWN = 469

_ALIKE = {
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
    "openat2": 437,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
    "memfd_secret": 447,
    "open_tree_attr": 467,
}

X86_64 = Architecture(
    machine="x86_64",
    audit=0xC000_003E,
    x32=True,
    numbers={
        "ioctl": 16,
        "getpid": 39,
        "socket": 41,
        "connect": 42,
        "sendto": 44,
        "sendmsg": 46,
        "bind": 49,
        "socketpair": 53,
        "setsockopt": 54,
        "clone": 56,
        "execve": 59,
        "uname": 63,
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
        "vmsplice": 278,
        "move_pages": 279,
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
        **_ALIKE,
    },
)

AARCH64 = Architecture(
    machine="aarch64",
    audit=0xC000_00B7,
    numbers={
        "lookup_dcookie": 18,
        "ioctl": 29,
        "umount2": 39,
        "mount": 40,
        "pivot_root": 41,
        "chroot": 51,
        "quotactl": 60,
        "vmsplice": 75,
        "acct": 89,
        "unshare": 97,
        "kexec_load": 104,
        "init_module": 105,
        "delete_module": 106,
        "clock_settime": 112,
        "syslog": 116,
        "ptrace": 117,
        "reboot": 142,
        "uname": 160,
        "sethostname": 161,
        "setdomainname": 162,
        "settimeofday": 170,
        "adjtimex": 171,
        "getpid": 172,
        "socket": 198,
        "socketpair": 199,
        "bind": 200,
        "connect": 203,
        "sendto": 206,
        "setsockopt": 208,
        "sendmsg": 211,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "clone": 220,
        "execve": 221,
        "swapon": 224,
        "swapoff": 225,
        "migrate_pages": 238,
        "move_pages": 239,
        "perf_event_open": 241,
        "prlimit64": 261,
        "fanotify_init": 262,
        "name_to_handle_at": 264,
        "open_by_handle_at": 265,
        "clock_adjtime": 266,
        "setns": 268,
        "sendmmsg": 269,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "kcmp": 272,
        "finit_module": 273,
        "seccomp": 277,
        "bpf": 280,
        "execveat": 281,
        "userfaultfd": 282,
        "kexec_file_load": 294,
        **_ALIKE,
    },
)

#: By machine. An architecture that is not here has no cell.
ARCHITECTURES = {one.machine: one for one in (X86_64, AARCH64)}
