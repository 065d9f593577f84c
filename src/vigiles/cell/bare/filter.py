"""The seccomp program of tier U-: what a cell's own namespaces would have made harmless is refused or reported here.

It runs before the program of every tier, in one filter with it. Sockets: Unix and TCP streams only. A datagram socket
names its far end in memory at each send, where no filter can see it, so there is none, Unix ones included (a host's system
log or service manager listens on those). Memory, semaphores and queues by name or key are the whole host's. Landlock does
not judge modes, owners, times and extended attributes of files: the notifier changes the first and third where the cell may
write, the others are refused.
"""

from __future__ import annotations

import errno
import socket

from vigiles.cell import syscalls
from vigiles.cell.bare.numbers import NUMBERS
from vigiles.kernel.bpf import ALLOW, USER_NOTIF, Program, errno_action
from vigiles.kernel.syscall import here
from vigiles.kernel.syscall_numbers import Architecture

_TYPE_MASK = 0xF
#: call -> the error that the workload sees.
REFUSED = {
    **dict.fromkeys(("shmget", "shmat", "shmctl", "semget", "semop", "semtimedop", "semctl"), errno.EPERM),
    **dict.fromkeys(("msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink"), errno.EPERM),
    **dict.fromkeys(("chown", "fchown", "lchown", "fchownat"), errno.EPERM),
    **dict.fromkeys(("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr"), errno.ENOTSUP),
    **dict.fromkeys(("setxattrat", "removexattrat", "file_setattr"), errno.ENOSYS),
    **dict.fromkeys(("utime", "utimes", "futimesat"), errno.ENOSYS),
}
#: Answered by the notifier, beside those of every tier.
REPORTED = ("listen", "chmod", "fchmod", "fchmodat", "fchmodat2", "utimensat")
#: level -> options that lead a socket's packets elsewhere than its address says: by a device, over other hosts. The
#: notifier connects the caller's socket on the host's own network, where such a packet would go out. Source: socket(7),
#: ip(7), ipv6(7).
STEERING = {
    socket.SOL_SOCKET: (25, 36, 62),  # SO_BINDTODEVICE, SO_MARK, SO_BINDTOIFINDEX
    socket.IPPROTO_IP: (4, 19, 50),  # IP_OPTIONS (source routes), IP_TRANSPARENT, IP_UNICAST_IF
    # IPV6_2292PKTOPTIONS, IPV6_HOPOPTS, IPV6_RTHDRDSTOPTS, IPV6_RTHDR, IPV6_DSTOPTS, IPV6_TRANSPARENT, IPV6_UNICAST_IF
    socket.IPPROTO_IPV6: (6, 54, 55, 57, 59, 75, 76),
}
#: call -> the argument that must be 0: another process's priority or processors are not the cell's to change.
OWN_ONLY = {
    "setpriority": 1, "ioprio_set": 1,
    "sched_setaffinity": 0, "sched_setparam": 0, "sched_setscheduler": 0, "sched_setattr": 0,
}  # fmt: skip
#: call -> the value of its first argument that means all processes of the user (PRIO_USER, IOPRIO_WHO_USER).
_WHOLE_USER = {"setpriority": 2, "ioprio_set": 3}


def program(architecture: Architecture | None = None) -> bytes:
    """Return the filter as the kernel takes it. Raises KeyError on a machine that has no table."""
    on = architecture or here()
    numbers = NUMBERS[on.machine]
    before = Program()
    before.load(0)
    for name, error in REFUSED.items():
        if name in numbers:
            _judge(before, numbers[name], _give(errno_action(error)))
    for name in REPORTED:
        if name in numbers:
            _judge(before, numbers[name], _give(USER_NOTIF))
    for name, argument in OWN_ONLY.items():
        _judge(before, numbers[name], _zero_or_refused(argument, _WHOLE_USER.get(name)))
    _judge(before, on.numbers["socket"], _streams((socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)))
    _judge(before, on.numbers["socketpair"], _streams((socket.AF_UNIX,)))
    _judge(before, on.numbers["setsockopt"], _options())
    return syscalls.program(architecture=architecture, before=before)


def _judge(program: Program, number: int, block: Program) -> None:
    program.skip_unless_equal(number, len(block))
    program.extend(block)


def _give(action: int) -> Program:
    block = Program()
    block.give(action)
    return block


def _zero_or_refused(argument: int, everybody: int | None) -> Program:
    block = Program()
    if everybody is not None:
        block.load_argument(0)
        block.skip_unless_equal(everybody, 1)
        block.give(errno_action(errno.EPERM))
    block.load_argument(argument)
    block.skip_unless_equal(0, 1)
    block.give(ALLOW)
    block.give(errno_action(errno.EPERM))
    return block


def _options() -> Program:
    """Refuse options that steer packets; the rest is judged as in every tier."""
    block = Program()
    block.load_argument(1)
    for level, options in STEERING.items():
        inner = Program()
        inner.load_argument(2)
        for option in options:
            inner.skip_unless_equal(option, 1)
            inner.give(errno_action(errno.EPERM))
        inner.give(ALLOW)
        block.skip_unless_equal(level, len(inner))
        block.extend(inner)
    block.extend(syscalls.tcp_options())
    return block


def _streams(families: tuple[int, ...]) -> Program:
    """Allow streams (and, of Unix, ordered packets) of these families; of IP only TCP."""
    unix = Program()
    unix.load_argument(1)
    unix.mask(_TYPE_MASK)
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        unix.skip_unless_equal(kind, 1)
        unix.give(ALLOW)
    unix.give(errno_action(errno.EACCES))
    inet = Program()
    inet.load_argument(1)
    inet.mask(_TYPE_MASK)
    inet.skip_if_equal(socket.SOCK_STREAM, 1)
    inet.give(errno_action(errno.EACCES))
    inet.load_argument(2)
    for protocol in (0, socket.IPPROTO_TCP):
        inet.skip_unless_equal(protocol, 1)
        inet.give(ALLOW)
    inet.give(errno_action(errno.EPROTONOSUPPORT))
    block = Program()
    for family in families:
        block.load_argument(0)
        inner = unix if family == socket.AF_UNIX else inet
        block.skip_unless_equal(family, len(inner))
        block.extend(inner)
    block.give(errno_action(errno.EAFNOSUPPORT))
    return block
