"""The control groups of a cell's calls: that of the next one is made ahead, and whoever waits for that call enters it.

Making a group waits for every other change of groups on the machine, and entering one may wait some 10 ms for the kernel.
Neither should be a call's time, nor the event loop's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import msgspec

from vigiles.cell.groups import CellGroups
from vigiles.cell.messages import Enter, Launch
from vigiles.cell.spec import CallSpec
from vigiles.model.errors import ControlUnavailable

#: How long after a launch the next call's group is made.
_AFTER_S = 0.02


class Rooms:
    """One cell's. ``send``: an order to init with its descriptors; raises OSError when init takes none."""

    def __init__(self, groups: CellGroups, send: Callable[[Launch | Enter, list[int]], None]) -> None:
        self._groups = groups
        self._send = send
        self._making: asyncio.Future[None] | None = None
        self._closed = False

    def launch(self, call: CallSpec, descriptors: list[int], grouped: Callable[[int, int], None]) -> None:
        """Start a call in a group of its own, which ``grouped`` hears of before: the call and the group's number.

        Raises OSError when init takes no order, :class:`ControlUnavailable` when there is no group.
        """
        try:
            room = self._groups.call(call.call, spare=not call.agent)
        except OSError as error:
            raise ControlUnavailable("cgroup", str(error), "see which process changes the groups of vigiles") from error
        try:
            placed = msgspec.structs.replace(call, group=self._groups.identity(call.call))
            grouped(call.call, placed.group)
            entrances = room.all()
            self._send(Launch(call=placed, entrances=len(entrances), room=room.number), [*descriptors, *entrances])
        finally:
            room.close()
        asyncio.get_running_loop().call_later(_AFTER_S, self.ahead)

    def ahead(self) -> None:
        """Have the next call's group made and entered, unless it is."""
        if not self._closed and self._making is None and not self._groups.has_room:
            self._making = asyncio.ensure_future(self._make())

    def close(self) -> None:
        """Make no more."""
        self._closed = True

    async def _make(self) -> None:
        try:
            with contextlib.suppress(OSError):  # then the call enters when it is launched, or is refused
                await asyncio.to_thread(self._groups.prepare)
                room = None if self._closed else self._groups.room()
                if room is not None:  # else a call has taken it meanwhile
                    try:
                        self._send(Enter(room=room.number), room.all())
                    finally:
                        room.close()
        finally:
            self._making = None
