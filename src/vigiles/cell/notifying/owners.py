"""Whose socket is this? And on whose request does a process act?

Both questions are answered from outside: the socket's inode in the cell's network namespace, the processes that hold it,
and their UTS tags. It takes milliseconds, so it is asked only where no listener has spoken, or where calls can cross; and
no more is looked at, in one go or per second, than leaves the notifier free to answer others. What would take more is not
known: half a look would be a guess.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import termios

import msgspec

from vigiles.cell.notifying.calls import Calls, Known
from vigiles.cell.notifying.pace import Pace
from vigiles.kernel import processes, socktable
from vigiles.kernel.effort import Effort, Exhausted
from vigiles.model.attribution import Method, Trigger

UNKNOWN = Trigger(state="unknown")
_A_MOMENT_MS = 10_000
#: To take a socket over and ask it is so many times the work of looking at a descriptor.
_TAKING = 5
#: What is looked at for one question: threads, descriptors and rows together. About a tenth of a second's work.
_MOST = 20_000


class Owner(msgspec.Struct, frozen=True):
    """The call that holds a socket; None if nobody or more than one call does."""

    call: int | None = None
    pid: int | None = None
    methods: list[Method] = []


class Owners:
    """Look-ups among the processes below ``init`` (host pid)."""

    def __init__(self, init: int, calls: Calls) -> None:
        self._init = init
        self._calls = calls
        self._pace = Pace()

    def of_socket(self, carrier: socktable.Carrier, family: str, address: str, port: int, far_port: int) -> Owner:
        """Return who holds the socket bound to this local address and, if TCP, connected to ``far_port``."""
        if not self._pace.may():
            return Owner()
        with self._pace.working():
            try:
                holders = self._of_socket(carrier, family, (address, port), far_port)
            except Exhausted:
                return Owner()
        if len(holders) != 1:
            return Owner()
        ((call, pid),) = holders.items()
        return Owner(call=call, pid=pid, methods=["socket_owner", "uts"])

    def _of_socket(self, carrier: socktable.Carrier, family: str, local: tuple[str, int], far_port: int) -> dict[int, int]:
        effort = Effort(_MOST)
        address, port = local
        wanted = {
            row.inode
            for six in ((True,) if family == "inet6" else (False, True))
            for row in socktable.table(self._init, carrier, six=six, port=port, effort=effort)
            if row.inode
            and row.local[0] in (address, "0.0.0.0", "::")
            and (carrier == "udp" or row.remote[1] == far_port)  # a UDP socket may send elsewhere than it is connected to
        }
        return self._holders(wanted, effort) if wanted else {}

    def _holders(self, inodes: set[int], effort: Effort) -> dict[int, int]:
        """Return call -> a pid of it, for every call that holds one of the sockets. Raises Exhausted."""
        found: dict[int, int] = {}
        for pid in processes.descendants(self._init, effort):
            if inodes.intersection(processes.sockets(pid, effort).values()):
                known = self._calls.of_process(pid)
                if known is not None:
                    found.setdefault(known.call, pid)
        return found

    def trigger(self, actor: int, call: Known) -> Trigger | None:
        """Return on whose request ``actor`` (stopped in a system call, so nothing of it moves) acts.

        None: no other call lives. ``exact``: exactly one other call holds the far end of a TCP connection on which the
        actor, a single thread, was last sent something and has not answered since. ``unknown``: everything else. Requests by
        FIFO, file or Unix socket leave no such trace, a timer needs none, and a wrong trigger is worse than none.
        """
        if len(self._calls.by_listener) < 2:
            return None
        if not self._pace.may():
            return UNKNOWN
        with self._pace.working():
            try:
                return self._trigger(actor, call)
            except Exhausted:
                return UNKNOWN

    def _trigger(self, actor: int, call: Known) -> Trigger:
        effort = Effort(_MOST)
        asked = self._asked_by(actor, effort)
        if not asked:
            return UNKNOWN
        rows = [row for six in (False, True) for row in socktable.table(self._init, "tcp", six=six, effort=effort)]
        peers = {(row.remote, row.local) for row in rows if row.inode in asked}
        others = {row.inode for row in rows if row.inode and (row.local, row.remote) in peers}
        askers = set(self._holders(others, effort)) - {call.call} if others else set()
        if len(askers) == 1 and not self._crowded(actor) and not processes.holds_named_pipe(actor):
            return Trigger(state="exact", call=askers.pop())
        return UNKNOWN

    def _asked_by(self, actor: int, effort: Effort) -> set[int]:
        """Return the inodes of the actor's TCP sockets that owe an answer. Raises Exhausted."""
        owing: set[int] = set()
        held = processes.sockets(actor, effort)
        effort.spend(_TAKING * len(held))
        if not held:
            return owing
        try:
            pidfd = processes.open_pidfd(actor)
        except OSError:
            return owing
        try:
            for descriptor, inode in held.items():
                try:
                    sock = socket.socket(fileno=processes.take_descriptor(pidfd, descriptor))
                except OSError:
                    continue
                with sock:
                    if sock.type == socket.SOCK_STREAM and sock.family != socket.AF_UNIX and _owes(sock):
                        owing.add(inode)
        finally:
            os.close(pidfd)
        return owing

    def _crowded(self, actor: int) -> bool:
        """Say whether the actor has more than one thread: then which request it serves cannot be told from outside."""
        try:
            with open(f"/proc/{actor}/status", "rb") as file:
                for line in file:
                    if line.startswith(b"Threads:"):
                        return int(line[8:]) > 1
        except OSError:
            pass
        return True


def _owes(sock: socket.socket) -> bool:
    """Say whether the last thing on this connection came from the far end, a moment ago (struct tcp_info, linux/tcp.h).

    What lies unread asked for nothing yet. Times are ticks: an answer in the tick of its question counts as an answer.
    """
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
        (unread,) = struct.unpack("i", fcntl.ioctl(sock, termios.FIONREAD, bytes(4)))
    except OSError:
        return False
    if unread or len(info) < 160:
        return False
    (sent_ms,) = struct.unpack_from("I", info, 44)
    (received_ms,) = struct.unpack_from("I", info, 52)
    (received,) = struct.unpack_from("Q", info, 128)
    (answers,) = struct.unpack_from("I", info, 156)  # segments with data that were sent; 0: the connection's first question
    return bool(received and (received_ms < sent_ms or not answers) and received_ms < _A_MOMENT_MS)
