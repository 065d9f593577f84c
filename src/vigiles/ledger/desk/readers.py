"""Who may read what: the table ``[readers]`` of ``settings.toml``, and who it is that asks."""

from __future__ import annotations

import array
import errno
import grp
import os
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vigiles.ledger.home import Home
from vigiles.ledger.settings import load_table, wrong

Right = Literal["bodies", "headers"]
RIGHTS: tuple[Right, ...] = ("bodies", "headers")

_UCRED = struct.Struct("3i")
#: ``SO_PEERGROUPS`` of Linux: the supplementary groups that the peer had when it connected.
_SO_PEERGROUPS = 59
#: Bytes that the interpreter reads at most: 256 groups.
_MOST_BYTES = 1024


@dataclass(frozen=True)
class Readers:
    """Group ids. Who is in both reads bodies."""

    bodies: frozenset[int] = frozenset()
    headers: frozenset[int] = frozenset()

    def right_of(self, uid: int, gids: Iterable[int]) -> Right | None:
        """Return what a user may read: root and the owner of this process everything, others by their groups."""
        groups = frozenset(gids)
        if uid in (0, os.geteuid()) or groups & self.bodies:
            return "bodies"
        return "headers" if groups & self.headers else None


def load_readers(home: Home) -> Readers:
    """Return the readers of a home, nobody where none are named. Raises :class:`InputInvalid`."""
    table = load_table(home, "readers")
    for key in table:
        if key not in RIGHTS:
            raise wrong(home.settings, f"readers.{key}", "no such right", f"Rights: {', '.join(RIGHTS)}.")
    named = {right: frozenset(_gids(home.settings, right, table.get(right, []))) for right in RIGHTS}
    return Readers(bodies=named["bodies"], headers=named["headers"])


def _gids(path: Path, right: Right, groups: Any) -> list[int]:
    place = f"readers.{right}"
    if not isinstance(groups, list) or not all(isinstance(group, str) and group for group in groups):
        raise wrong(path, place, "not a list of groups", f'Write their names or numbers: {right} = ["auditors"].')
    found = []
    for group in groups:
        try:
            found.append(int(group) if group.isascii() and group.isdecimal() else grp.getgrnam(group).gr_gid)
        except KeyError as error:
            raise wrong(path, place, f"no group {group!r} on this machine", "Make the group, or leave it out.") from error
    return found


def peer_of(sock: socket.socket) -> tuple[int, list[int]]:
    """Return (uid, gids) of who connected, as the kernel tells; of more than 256 groups only the first. Raises OSError."""
    _, uid, gid = _UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    try:
        more = array.array("I", sock.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _MOST_BYTES))
    except OSError as error:
        if error.errno != errno.ERANGE:
            raise
        return uid, [gid]  # fewer groups, never more rights
    return uid, [gid, *more]
