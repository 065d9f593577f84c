"""Bytes pass both ways, counted, listened to, within the budget, and no more than one read a direction is held."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from vigiles.cell.door.allowance import Allowance
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.refusal import Refusal
from vigiles.cell.door.wire import Wire
from vigiles.protocols.dialogue import Side
from vigiles.protocols.malformed import Malformed
from vigiles.protocols.tls import RecordFraming

Guards = dict[Side, RecordFraming]


async def send_out(allowance: Allowance, flow: LiveFlow, server: Wire, data: bytes | memoryview) -> None:
    """Let ``data`` leave the cell. Raises :class:`Refusal` when the budgets do not cover it, or it takes a placeholder
    where its credential may not go; OSError.
    """
    if flow.misplaces(data):
        raise Refusal("egress_credential")
    allowance.send(flow, len(data))
    flow.passed = True
    await server.write(data)


async def relay(
    allowance: Allowance, flow: LiveFlow, client: Wire, server: Wire, guards: Guards | None = None, listens: bool = False
) -> None:
    """Pass bytes until both sides have ended. Raises :class:`Refusal`, OSError.

    ``guards`` hold each direction to TLS record framing. ``listens``: what is heard to be SSH or mining is refused.
    """

    async def pass_on(source: Wire, sink: Wire, side: Side) -> None:
        while data := await source.take():
            if guards is not None:
                try:
                    guards[side].feed(data)
                except Malformed:
                    flow.hear(side, data)
                    raise Refusal("egress_protocol") from None
            flow.hear(side, data)
            if listens and flow.dialogue.carries:
                raise Refusal("egress_protocol")
            if side == "o":
                await send_out(allowance, flow, sink, data)
            else:
                allowance.receive(flow, len(data))
                await sink.write(data)
        flow.end(side)
        sink.finish()

    await together(pass_on(client, server, "o"), pass_on(server, client, "i"))


async def together(*work: Coroutine[Any, Any, None]) -> None:
    """Run all until all are done; the first error ends the others and is raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        failed = [error for task in done if (error := task.exception()) is not None]
        if failed:
            # Of two, the one that is a fault of ours: it must not go unseen.
            raise min(failed, key=lambda error: isinstance(error, OSError | Refusal))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
