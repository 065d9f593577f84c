"""The sockets between the processes of one cell, and init's first word on them."""

from __future__ import annotations

import socket

import msgspec

from vigiles.cell import wire
from vigiles.cell.messages import CellFailed, NotMade, cell_word

#: Bytes that orders to init may take while it is busy.
_ORDERS = 1 << 20


class Ends(msgspec.Struct):
    """Pairs, each with the end first that stays outside: with the supervisor, the launcher (``report``) or the notifier."""

    to_init: socket.socket
    init: socket.socket
    to_notifier: socket.socket
    notifier: socket.socket
    tags: socket.socket
    tags_out: socket.socket
    report: socket.socket
    report_out: socket.socket
    ports: socket.socket
    ports_door: socket.socket
    to_door: socket.socket
    door: socket.socket

    @classmethod
    def make(cls) -> Ends:
        """Make all pairs. Raises OSError."""
        made = cls(*(sock for _ in range(6) for sock in wire.pair()))
        for sock in (made.to_init, made.init):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ORDERS)
        return made

    def close(self) -> None:
        """Close whatever is still open here."""
        for name in self.__struct_fields__:
            getattr(self, name).close()

    def supervisors(self) -> list[int]:
        """Return what the supervisor is given: to init, to the notifier, to the door."""
        return [self.to_init.fileno(), self.to_notifier.fileno(), self.to_door.fileno()]


def first_word(token: int, report: socket.socket) -> tuple[NotMade | None, list[int]]:
    """Return why init has failed, or None, and the descriptors that it sent along."""
    try:
        word, descriptors = wire.receive(report, cell_word)
    except (wire.Closed, ConnectionError):
        died = "the cell's first process died"
        return NotMade(token=token, control="init", error=died, remedy="see the kernel's log"), []
    if isinstance(word, CellFailed):
        return NotMade(token=token, control=word.control, error=word.error, remedy=word.remedy), descriptors
    return None, descriptors
