"""The notifier of tier U-: as in every tier, and the last one above everything that the cell has started.

It forks init, so it may look into what lives below (also where the kernel lets only ancestors trace), and it is a
subreaper: when init is gone, whatever is left comes to it and is killed.
"""

from __future__ import annotations

import os
import signal
import socket
from typing import NoReturn

import msgspec

from vigiles.cell.bare import init
from vigiles.cell.bare.attributes import Attributes
from vigiles.cell.bare.calls import BareCalls
from vigiles.cell.bare.network import BareConnecting
from vigiles.cell.bare.numbers import NUMBERS
from vigiles.cell.bare.paths import Paths
from vigiles.cell.notifying import calls, connecting
from vigiles.cell.notifying.notifier import Notifier
from vigiles.cell.spec import CellSpec
from vigiles.kernel import privileges, subreaper
from vigiles.kernel.syscall import here


class BareNotifier(Notifier):
    """State of a running notifier; ``init`` is its child."""

    def __init__(
        self, cell: CellSpec, init: int, supervisor: socket.socket, tags: socket.socket, ports: socket.socket
    ) -> None:
        super().__init__(cell, init, supervisor, tags, ports)
        self._cell, self._init = cell, init
        paths = Paths()
        assert isinstance(self._connecting, BareConnecting)
        self._connecting.know(init, paths)
        attributes = Attributes(cell, paths)
        numbers = NUMBERS[here().machine]
        more = {
            "listen": self._connecting.listen,
            "chmod": attributes.chmod,
            "fchmod": attributes.fchmod,
            "fchmodat": attributes.fchmodat,
            "fchmodat2": attributes.fchmodat2,
            "utimensat": attributes.utimensat,
        }
        self._handlers.update({numbers[name]: handler for name, handler in more.items() if name in numbers})

    def _table(self, cell: CellSpec, init: int) -> calls.Calls:
        return BareCalls(cell, init=init)

    def _network(self, cell: CellSpec) -> connecting.Connecting:
        return BareConnecting(cell, self._calls, self._owners, self._ports, self._from_door)

    def _leave(self) -> NoReturn:
        """End when nothing of the cell lives any more: init first, which sees the same end as we do."""
        self._supervisor.setblocking(False)  # it may be gone, or no longer listening
        _bury(self._cell, self._init)
        super()._leave()


def _bury(cell: CellSpec, first: int) -> None:
    """Wait for init, which kills what is below it; kill what it could not, and remove what it left."""
    os.waitpid(first, 0)
    subreaper.end_below(os.getpid())
    if os.path.isdir(cell.private):
        init.remove(cell)


def run(
    cell: CellSpec,
    launcher: socket.socket,
    ends: tuple[socket.socket, socket.socket],
    tags: tuple[socket.socket, socket.socket],
    supervisor: socket.socket,
    ports: socket.socket,
    told: int,
) -> NoReturn:
    """Fork init, say its number on the pipe ``told``, serve; never returns.

    ``ends``: of init's socket, the supervisor's and init's; ``tags``: where listeners come in, and where calls send them.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    privileges.die_with_parent()
    first = 0
    try:
        subreaper.become()
        first = os.fork()
        if first == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for sock in (ends[0], tags[0], supervisor, ports):
                sock.close()
            os.close(told)
            init.run(cell, launcher, ends[1], tags[1])
        os.write(told, first.to_bytes(4, "little"))
        os.close(told)
        for sock in (launcher, *ends, tags[1]):
            sock.close()
        notifier = BareNotifier(cell, first, supervisor, tags[0], ports)
        notifier.rehearse()
        notifier.serve()
    except (OSError, msgspec.DecodeError) as error:
        os.write(2, f"vigiles notifier: {error}\n".encode())
    if first:
        os.kill(first, signal.SIGTERM)
        _bury(cell, first)
    os._exit(1)
