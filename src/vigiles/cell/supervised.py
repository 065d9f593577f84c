"""What init of every tier is to its supervisor: it takes orders, tells what came of them, and ends when nobody listens."""

from __future__ import annotations

import errno
import os
import signal
import socket
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NoReturn

from vigiles.cell import call, wire
from vigiles.cell.messages import CellFailed, Enter, FromInit, Launch, LaunchFailed, Signal, to_init
from vigiles.cell.spec import CellSpec

DOCTOR = "run `vigiles doctor` to see what this machine can enforce"


class Supervised(ABC):
    """Orders in, words out. A frozen cell starts nothing, and nothing in it is woken."""

    def __init__(self, cell: CellSpec, supervisor: socket.socket, notifier: socket.socket, walls: call.Walls) -> None:
        self._cell = cell
        self._supervisor = supervisor
        self._notifier = notifier
        self._walls = walls
        self._frozen = False

    @abstractmethod
    def _launch(self, order: Launch, descriptors: list[int]) -> None:
        """Start a call; the descriptors are closed afterwards."""

    @abstractmethod
    def _signal(self, order: Signal) -> None:
        """Send a signal to whom the order names."""

    @abstractmethod
    def _enter(self, order: Enter, entrances: list[int]) -> None:
        """Hear where the next call belongs, ahead of its order; the descriptors are closed afterwards."""

    def _order(self) -> None:
        """Take one order and carry it out."""
        try:
            order, descriptors = wire.receive(self._supervisor, to_init)
        except (wire.Closed, OSError):
            self._end()
        if isinstance(order, Signal):
            if self._may_send(order):
                self._signal(order)
        elif isinstance(order, Enter):
            self._enter(order, descriptors)
        elif self._frozen:
            self._not_started(order, "freeze", "the cell is frozen")
        else:
            self._launch(order, descriptors)
        for fd in descriptors:
            os.close(fd)

    def _may_send(self, order: Signal) -> bool:
        if order.call is None:
            self._frozen = order.signal == signal.SIGSTOP or (self._frozen and order.signal != signal.SIGCONT)
            return True
        # One process that goes on could wake all the others.
        return not self._frozen or order.signal == signal.SIGKILL

    def _not_started(self, order: Launch, control: str, error: str) -> None:
        self._tell(LaunchFailed(call=order.call.call, control=control, error=error))

    def _tell(self, message: FromInit, descriptors: list[int] | None = None) -> None:
        try:
            wire.send(self._supervisor, message, descriptors)
        except OSError:
            self._end()

    def _end(self) -> NoReturn:
        """End, and with it the cell."""
        os._exit(0)


def failure(control: str, error: Exception, remedies: Mapping[str, str]) -> CellFailed:
    """Return what is said of a control that could not be set up, with the path that failed, if one did."""
    where = getattr(error, "filename", None)
    text = f"{error}" if where is None else f"{os.strerror(getattr(error, 'errno', 0) or errno.EIO)} ({where})"
    return CellFailed(control=control, error=text, remedy=remedies.get(control, DOCTOR))
