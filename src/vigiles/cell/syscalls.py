"""What no workload may ask of the kernel, as one seccomp program; and what is reported to the notifier.

Data first: the tables say which calls fail and how. Order of judgement: foreign architectures are killed (``int 0x80``,
x32 and 32-bit ARM programs reach other tables), denied calls fail, calls with denied arguments fail, reported calls notify,
the rest passes.
"""

from __future__ import annotations

import errno
import socket
from functools import lru_cache

from vigiles.kernel.bpf import ALLOW, KILL_PROCESS, USER_NOTIF, Program, errno_action
from vigiles.kernel.syscall import here
from vigiles.kernel.syscall_numbers import NEWEST_KNOWN, Architecture

_X32_BIT = 0x4000_0000

#: Clients have a fallback for calls that an older kernel would not have. io_uring would go round every listener, and
#: clone3 takes its flags in memory, where a filter cannot see them; what lies in secret memory only the kernel can read,
#: so neither an address nor an argument there could be judged or recorded.
ABSENT = ("io_uring_setup", "io_uring_enter", "io_uring_register", "clone3", "memfd_secret")

#: Ways to other processes, to kernel code, to other namespaces and mounts, or round the file walls.
DENIED = (
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "process_madvise",
    "keyctl", "add_key", "request_key",
    "bpf", "perf_event_open", "userfaultfd", "kexec_load", "kexec_file_load",
    "init_module", "finit_module", "delete_module", "lookup_dcookie", "syslog",
    "mount", "umount2", "pivot_root", "chroot", "open_tree", "open_tree_attr", "move_mount", "fsopen", "fsconfig", "fsmount",
    "fspick", "mount_setattr", "setns", "open_by_handle_at", "name_to_handle_at", "fanotify_init",
    "quotactl", "quotactl_fd", "acct", "swapon", "swapoff", "reboot", "sethostname", "setdomainname",
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "iopl", "ioperm", "migrate_pages", "move_pages",
)  # fmt: skip

#: Of those denied, what other architectures never had. Any other name without a number is a slip, and an error.
ONLY_X86 = frozenset({"iopl", "ioperm"})

#: Reported and then answered by the notifier.
REPORTED = ("connect", "bind", "execve", "execveat")

_NAMESPACE_FLAGS = 0x7E02_0080  # every CLONE_NEW*: NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWTIME
_CLONE_NAMESPACE_FLAGS = 0x7E02_0000  # in clone(2) the low byte is the exit signal
_MSG_FASTOPEN = 0x2000_0000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_TCP_FASTOPEN_CONNECT, _TCP_ULP, _TCP_REPAIR = 30, 31, 19
_SOCK_TYPE_MASK = 0xF
_NETLINK_ROUTE = 0


@lru_cache(maxsize=1)
def usual() -> bytes:
    """Return :func:`program` as each call gets it; the launcher makes it once, for all its cells. Raises KeyError too."""
    return program()


def program(*, listen: bool = True, architecture: Architecture | None = None, before: Program | None = None) -> bytes:
    """Return the filter as the kernel takes it. Without ``listen``, reported calls pass unreported (for probes).

    Without an ``architecture`` it is this machine's. ``before``: what judges calls of this table first, for itself; it must
    leave the call's number loaded for those that it lets on. Raises KeyError on a machine that has no table.
    """
    on = architecture or here()
    filter_ = Program()
    filter_.load(4)
    filter_.skip_if_equal(on.audit, 1)
    filter_.give(KILL_PROCESS)
    filter_.load(0)
    if on.x32:
        filter_.skip_unless_at_least(_X32_BIT, 1)
        filter_.give(KILL_PROCESS)
    # A call newer than our tables was judged by nobody: for the workload it does not exist yet.
    filter_.skip_unless_at_least(NEWEST_KNOWN + 1, 1)
    filter_.give(errno_action(errno.ENOSYS))
    if before is not None:
        filter_.extend(before)
    for name in ABSENT:
        _whole(filter_, on.numbers[name], errno_action(errno.ENOSYS))
    for name in DENIED:
        if name in on.numbers or name not in ONLY_X86:
            _whole(filter_, on.numbers[name], errno_action(errno.EPERM))
    for name, block in _argument_rules().items():
        filter_.skip_unless_equal(on.numbers[name], len(block))
        filter_.extend(block)
    if listen:
        for name in REPORTED:
            _whole(filter_, on.numbers[name], USER_NOTIF)
    filter_.give(ALLOW)
    return filter_.packed()


def _whole(filter_: Program, number: int, action: int) -> None:
    filter_.skip_unless_equal(number, 1)
    filter_.give(action)


def _argument_rules() -> dict[str, Program]:
    """Return, for each call judged by its arguments, a block that always ends in an action."""
    fast_open = errno_action(errno.EOPNOTSUPP)
    return {
        "unshare": _any_bit(0, _NAMESPACE_FLAGS, errno_action(errno.EPERM)),
        "clone": _any_bit(0, _CLONE_NAMESPACE_FLAGS, errno_action(errno.EPERM)),
        "ioctl": _one_of(1, (_TIOCSTI, _TIOCLINUX), errno_action(errno.EPERM)),
        "sendto": _any_bit(3, _MSG_FASTOPEN, fast_open),
        "sendmsg": _any_bit(2, _MSG_FASTOPEN, fast_open),
        "sendmmsg": _any_bit(3, _MSG_FASTOPEN, fast_open),
        "setsockopt": tcp_options(),
        "socket": _sockets(),
        "socketpair": _only_unix_pairs(),
        "prlimit64": _own_limits_only(),
    }


def _any_bit(argument: int, bits: int, action: int) -> Program:
    block = Program()
    block.load_argument(argument)
    block.skip_unless_any_bit(bits, 1)
    block.give(action)
    block.give(ALLOW)
    return block


def _one_of(argument: int, values: tuple[int, ...], action: int) -> Program:
    block = Program()
    block.load_argument(argument)
    for value in values:
        block.skip_unless_equal(value, 1)
        block.give(action)
    block.give(ALLOW)
    return block


def _only_unix_pairs() -> Program:
    block = Program()
    block.load_argument(0)
    block.skip_unless_equal(socket.AF_UNIX, 1)
    block.give(ALLOW)
    block.give(errno_action(errno.EAFNOSUPPORT))
    return block


def _own_limits_only() -> Program:
    """Let limits be read, and the caller's own be set; another's are another call's, or those of the cell's init.

    A process that names itself by number is refused too: a filter does not know who asks.
    """
    block = Program()
    block.load_argument(0)
    block.skip_unless_equal(0, 1)
    block.give(ALLOW)
    block.load_argument(2)
    block.skip_unless_equal(0, 3)  # to the refusal: a pointer to new limits
    block.load_argument(2, high=True)
    block.skip_unless_equal(0, 1)
    block.give(ALLOW)
    block.give(errno_action(errno.EPERM))
    return block


def tcp_options() -> Program:
    """Judge setsockopt(2): refuse the options that let data leave at another moment or place than connect(2) said."""
    block = Program()
    block.load_argument(1)
    block.skip_if_equal(socket.IPPROTO_TCP, 1)
    block.give(ALLOW)
    block.extend(_one_of(2, (_TCP_FASTOPEN_CONNECT, _TCP_ULP, _TCP_REPAIR), errno_action(errno.ENOPROTOOPT)))
    return block


def _sockets() -> Program:
    """Allow Unix sockets, TCP and UDP over IPv4 and IPv6, and route netlink; nothing else.

    That leaves out MPTCP, SCTP, ICMP and raw sockets, packet sockets, vsock, Bluetooth, key and crypto sockets, and the
    netlink families that list other people's processes and sockets.
    """
    inner = Program()  # IPv4 and IPv6: stream or datagram, protocol 0, TCP or UDP
    inner.load_argument(1)
    inner.mask(_SOCK_TYPE_MASK)
    inner.skip_if_equal(socket.SOCK_STREAM, 2)
    inner.skip_if_equal(socket.SOCK_DGRAM, 1)
    inner.give(errno_action(errno.EPERM))
    inner.load_argument(2)
    for protocol in (0, socket.IPPROTO_TCP, socket.IPPROTO_UDP):
        inner.skip_unless_equal(protocol, 1)
        inner.give(ALLOW)
    inner.give(errno_action(errno.EPROTONOSUPPORT))

    netlink = Program()
    netlink.load_argument(2)
    netlink.skip_unless_equal(_NETLINK_ROUTE, 1)
    netlink.give(ALLOW)
    netlink.give(errno_action(errno.EPROTONOSUPPORT))

    block = Program()
    block.load_argument(0)
    block.skip_unless_equal(socket.AF_UNIX, 1)
    block.give(ALLOW)
    block.skip_unless_equal(socket.AF_NETLINK, len(netlink))
    block.extend(netlink)
    block.skip_if_equal(socket.AF_INET, 2)
    block.skip_if_equal(socket.AF_INET6, 1)
    block.give(errno_action(errno.EAFNOSUPPORT))
    block.extend(inner)
    return block
