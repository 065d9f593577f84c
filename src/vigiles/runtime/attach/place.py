"""A container as strikes see it: the face that a cell has, with as much behind it as there is."""

from __future__ import annotations

import signal

from vigiles.cell.container import Container
from vigiles.model.errors import ControlUnavailable
from vigiles.model.response import FlowSnapshot
from vigiles.runtime.attach.door import AttachedDoor


class AttachedPlace:
    """``door`` is None where the container is only watched; then nothing can be cut, and each try says so."""

    def __init__(self, container: Container, door: AttachedDoor | None) -> None:
        self.groups = container
        self.door = door
        self.dead = False
        #: Whether a strike has cut it, so that it is not to be let out when we go.
        self.was_cut = False

    def halt(self, on: bool, call: int | None = None) -> None:
        """Nothing: there is no listener that could refuse before the door does."""

    async def flows(self) -> list[FlowSnapshot]:
        """Return the flows that are open now."""
        return [] if self.door is None else await self.door.line.flows()

    async def cut(self, call: int | None = None) -> int:
        """Close all flows and refuse new ones. Raises :class:`ControlUnavailable` without a door."""
        if self.door is None:
            raise ControlUnavailable(
                "cut_egress", "the container is only watched", "attach with a door: without --watch-only"
            )
        self.was_cut = True
        return await self.door.line.cut(call)

    async def uncut(self, call: int | None = None) -> None:
        """Undo a cut."""
        if self.door is not None:
            await self.door.line.allow(call)
        self.was_cut = False

    def signal(self, number: int) -> None:
        """Stop or go on by the control group, which no process can catch, and which nobody's parent hears of."""
        if number in (signal.SIGSTOP, signal.SIGCONT):
            self.groups.freeze(number == signal.SIGSTOP)
