"""The supervisor's orders, carried out and acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from vigiles.cell.door.door import Door
from vigiles.cell.door.messages import Allow, Cut, Done, Entrust, FlowList, Flows, Shutdown, decode_from_supervisor

#: Flows in one page of a list; a page stays far below the largest message.
PAGE = 128
#: How long a door that failed at an order still tries to tell, seconds.
_LAST_WORDS_S = 2


class Control:
    """``leave`` ends the process after a shutdown."""

    def __init__(self, door: Door, leave: Callable[[], None]) -> None:
        self._door = door
        self._leave = leave
        self._tasks: set[asyncio.Task[None]] = set()

    def heard(self, data: bytes) -> None:
        """Take one datagram from the supervisor. One that does not decode ends the process: the two do not match."""
        try:
            order = decode_from_supervisor(data)
        except msgspec.DecodeError:
            self._leave()
            return
        task = asyncio.ensure_future(self._carry_out(order))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, order: Cut | Allow | Flows | Entrust | Shutdown) -> None:
        try:
            await self._obey(order)
        except Exception:
            # What should have ended may not go on: with the process every flow ends.
            report = self._door.report
            try:
                report.fold("door_fault")
                report.flush_gaps()
                async with asyncio.timeout(_LAST_WORDS_S):
                    await report.flush()
            finally:
                self._leave()

    async def _obey(self, order: Cut | Allow | Flows | Entrust | Shutdown) -> None:
        door, report = self._door, self._door.report
        if isinstance(order, Cut):
            report.send(Done(token=order.token, flows=await door.roll.cut(order.call)))
        elif isinstance(order, Allow):
            door.roll.allow(order.call)
            report.send(Done(token=order.token))
        elif isinstance(order, Entrust):
            report.credentials.hold(order.credentials, bytes.fromhex(order.salt))
            report.send(Done(token=order.token))
        elif isinstance(order, Flows):
            open_now = [flow.snapshot() for flow in door.roll.flows()]
            pages = [open_now[at : at + PAGE] for at in range(0, len(open_now), PAGE)] or [[]]
            for number, page in enumerate(pages, 1):
                report.send(FlowList(token=order.token, flows=page, last=number == len(pages)))
        else:
            ended = await door.roll.cut(None, "shutdown")
            report.flush_gaps()
            report.send(Done(token=order.token, flows=ended))
            await report.flush()
            self._leave()
