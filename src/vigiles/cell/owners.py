"""Whose socket is this? And on whose request does a process act?

Both questions are answered from outside: the socket's inode in the cell's network namespace, the processes that hold it,
and their UTS tags. It takes milliseconds, so it is asked only where no listener has spoken, or where calls can cross.
"""

from __future__ import annotations

import msgspec

from vigiles.cell.calls import Calls, Known
from vigiles.kernel import processes, socktable
from vigiles.model.attribution import Method, Trigger

UNKNOWN = Trigger(state="unknown")


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

    def of_socket(self, carrier: socktable.Carrier, family: str, address: str, port: int) -> Owner:
        """Return who holds the socket bound to this local address."""
        wanted = {
            row.inode
            for six in ((True,) if family == "inet6" else (False, True))
            for row in socktable.table(self._init, carrier, six=six)
            if row.inode and row.local[1] == port and row.local[0] in (address, "0.0.0.0", "::")
        }
        holders = self._holders(wanted) if wanted else {}
        if len(holders) != 1:
            return Owner()
        ((call, pid),) = holders.items()
        return Owner(call=call, pid=pid, methods=["socket_owner", "uts"])

    def _holders(self, inodes: set[int]) -> dict[int, int]:
        """Return call -> a pid of it, for every call that holds one of the sockets."""
        found: dict[int, int] = {}
        for pid in processes.descendants(self._init):
            if processes.socket_inodes(pid) & inodes:
                known = self._calls.of_process(pid)
                if known is not None:
                    found.setdefault(known.call, pid)
        return found

    def trigger(self, actor: int, call: Known) -> Trigger | None:
        """Return on whose request ``actor`` (stopped in a system call, so nothing moves) acts.

        None: no other call has a connection to it, so it acts for its own call. ``exact``: exactly one call does, by a
        TCP connection that it made and on which the actor owes an answer. ``unknown``: anything else, for a wrong trigger
        is worse than none.
        """
        if len(self._calls.by_listener) < 2:
            return None
        held = processes.socket_inodes(actor)
        if not held:
            return None
        rows = [row for six in (False, True) for row in socktable.table(self._init, "tcp", six=six)]
        mine = [row for row in rows if row.inode in held and row.remote[1]]
        peers = {(row.remote, row.local) for row in mine}
        others = {row.inode for row in rows if row.inode and (row.local, row.remote) in peers} - held
        askers = set(self._holders(others)) - {call.call} if others else set()
        if len(askers) == 1 and not self._crowded(actor):
            return Trigger(state="exact", call=askers.pop())
        return UNKNOWN if askers else None

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
