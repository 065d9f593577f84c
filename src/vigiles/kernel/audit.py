"""The kernel's audit records, read beside whoever else reads them, and whether the kernel makes any.

Records come from the multicast group that any number of readers may join. Nothing here ever becomes the one audit daemon
that the kernel sends to directly, and no audit rule is added or changed. Reading needs CAP_AUDIT_READ, asking and switching
CAP_AUDIT_CONTROL, in the initial user, pid and network namespaces. Source: the kernel's include/uapi/linux/audit.h,
kernel/audit.c, auditctl(8).
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Collection
from typing import NamedTuple

from vigiles.kernel import netlink
from vigiles.kernel.bpf import Program

#: Kinds of records: the system call behind an event, a change of the audit settings, the end of an event with several
#: records, a denial by Landlock, a Landlock domain.
SYSCALL, CONFIG, END, LANDLOCK_ACCESS, LANDLOCK_DOMAIN = 1300, 1305, 1320, 1423, 1424
#: What is needed to know what Landlock refused, to whom, and until when records came.
OF_LANDLOCK = (SYSCALL, CONFIG, END, LANDLOCK_ACCESS, LANDLOCK_DOMAIN)
_NETLINK_AUDIT = 9
_GET, _SET = 1000, 1001
_GROUP_READLOG = 1
_MASK_ENABLED = 1
_STATUS = struct.Struct("=10I")
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE = 26, 33
_RECEIVE_BYTES = 8 << 20
_HEADER_BYTES = 16
_RECORD_BYTES = 16384
_PANIC = 2


class Status(NamedTuple):
    """What the kernel says of its audit system. ``enabled``: 0 off, 1 on, 2 on and locked until reboot.

    ``failure``: what a lost record means to the kernel: 0 nothing, 1 a line in its log, 2 panic. ``daemon``: pid of the
    audit daemon, 0 if there is none. ``lost``: records lost since boot. ``rate_limit``: records a second, 0 is no limit.
    """

    enabled: int
    failure: int
    daemon: int
    rate_limit: int
    backlog_limit: int
    lost: int
    backlog: int

    @property
    def panics(self) -> bool:
        """Say whether a lost record stops the machine (``auditctl -f 2``): then no workload may cause records at will."""
        return self.failure == _PANIC


def status() -> Status:
    """Ask the kernel. Raises OSError: EPERM or ECONNREFUSED without the capability or outside the initial namespaces."""
    for answer in _ask(_GET, b""):
        if answer.kind == _GET and len(answer.body) >= 8 * 4:
            return Status(*struct.unpack_from("=7I", answer.body, 4))
    raise OSError(errno.EBADMSG, "audit: the kernel did not tell its status")


def switch(*, on: bool) -> None:
    """Let the kernel make audit records, or no more. Raises OSError, EPERM also where the setting is locked."""
    _ask(_SET, _STATUS.pack(_MASK_ENABLED, int(on), *[0] * 8))


def _ask(kind: int, body: bytes) -> list[netlink.Message]:
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_AUDIT) as link:
            link.settimeout(5)
            link.send(netlink.message(kind, netlink.REQUEST | netlink.ACK, 1, body))
            answers: list[netlink.Message] = []
            # The status may come before or after the acknowledgement.
            while kind not in {one.kind for one in answers} if kind == _GET else not answers:
                for answer in netlink.messages(link.recv(8192)):
                    if answer.kind == netlink.ERROR:
                        netlink.check(answer, "audit")
                    answers.append(answer)
            return answers
    except TimeoutError as error:
        raise OSError(errno.ETIMEDOUT, "audit: the kernel gave no answer") from error


def only(kinds: Collection[int]) -> bytes:
    """Return the packed socket filter that lets through the messages of these kinds, whole, and nothing else."""
    program = Program()
    program.load(4)
    program.mask(_kind_word(0xFFFF))
    for kind in kinds:
        program.skip_unless_equal(_kind_word(kind), 1)
        program.give(0xFFFF_FFFF)
    program.give(0)
    return program.packed()


def _kind_word(kind: int) -> int:
    """Return a message's kind as a filter loads it with the flags behind it: in network order, whatever the machine's."""
    word: int = struct.unpack("!I", struct.pack("=HH", kind, 0))[0]
    return word


def _attach(link: socket.socket, program: bytes) -> None:
    code = ctypes.create_string_buffer(program, len(program))
    link.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("H6xP", len(program) // 8, ctypes.addressof(code)))


class AuditReader:
    """A place in the audience of audit records. ``overruns``: how often the socket was full and records were lost."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self.overruns = 0

    @classmethod
    def open(cls, kinds: Collection[int] = ()) -> AuditReader:
        """Join the audience; records of these kinds (none: of all) from now on are read.

        The others never fill the socket: the kernel drops them before it. Raises OSError, EPERM without CAP_AUDIT_READ.
        """
        link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, _NETLINK_AUDIT)
        try:
            link.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BYTES)
            if kinds:
                _attach(link, only(kinds))
            # Joined by bind: the address says nothing of the audit daemon's place, which is taken by a request of its own.
            link.bind((0, 1 << (_GROUP_READLOG - 1)))
        except OSError as error:
            link.close()
            raise OSError(error.errno, f"audit: {os.strerror(error.errno or 0)}") from error
        return cls(link)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._link.fileno()

    def read(self, most: int = 2048) -> list[tuple[int, bytes]]:
        """Return what is there now, at most ``most`` records as (kind, text), without waiting; empty if there is nothing.

        Raises OSError when the socket is closed.
        """
        records: list[tuple[int, bytes]] = []
        for _ in range(most):
            try:
                data, address = self._link.recvfrom(_RECORD_BYTES)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.overruns += 1
                continue
            # One record a datagram. Kernels differ in whether the header's length counts the header, so it is not believed;
            # what does not come from the kernel (port 0) is no record.
            if address[0] == 0 and len(data) >= _HEADER_BYTES:
                records.append((struct.unpack_from("=IH", data)[1], data[_HEADER_BYTES:]))
        return records

    def close(self) -> None:
        """Leave the audience."""
        self._link.close()
