"""The supervisor's end of a door; the test plays the door."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from vigiles.cell.door import messages
from vigiles.cell.door_handle import DoorHandle
from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import NOBODY
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import ProcessLost
from vigiles.model.observation.sensor import Gap
from vigiles.model.response import FlowSnapshot

FLOW = FlowSnapshot(flow="f", call=1, host="h", port=1, protocol="tls", bytes_out=1, bytes_in=2)


def played(body: Callable[[DoorHandle, Any, list[Any]], Awaitable[None]]) -> None:
    async def main() -> None:
        ours, theirs = messages.pair()
        heard: list[Any] = []
        handle = DoorHandle(ours)
        handle.watch(heard.append, lambda: heard.append("gone"))
        with theirs:
            await body(handle, theirs, heard)
        handle.close()

    asyncio.run(main())


def test_orders_are_answered_by_their_token() -> None:
    async def body(handle: DoorHandle, door: Any, heard: list[Any]) -> None:
        both = asyncio.gather(handle.flows(), handle.cut(3))
        await asyncio.sleep(0)
        asked, cut = messages._from_supervisor.decode(door.recv(1000)), messages._from_supervisor.decode(door.recv(1000))
        assert isinstance(cut, messages.Cut)
        assert cut.call == 3
        door.send(messages.encode(messages.Done(token=cut.token, flows=2)))
        door.send(messages.encode(messages.FlowList(token=asked.token, flows=[FLOW], last=False)))
        door.send(messages.encode(messages.FlowList(token=asked.token, flows=[FLOW], last=True)))
        assert await both == [[FLOW, FLOW], 2]

    played(body)


def test_records_and_readiness_are_told() -> None:
    async def body(handle: DoorHandle, door: Any, heard: list[Any]) -> None:
        gap = Gap(
            id=new_id("obs"),
            at=now(),
            coordinates=Coordinates(run="r", episode="e"),
            sensor="door",
            attribution=NOBODY,
            what="x",
            count=1,
        )
        door.send(messages.encode(gap))
        door.send(messages.encode(messages.Ready(max_flows=9)))
        assert await handle.serves == 9
        assert heard == [gap]

    played(body)


def test_a_door_that_is_gone_fails_what_was_asked_at_once() -> None:
    async def body(handle: DoorHandle, door: Any, heard: list[Any]) -> None:
        asked = asyncio.ensure_future(handle.uncut())
        await asyncio.sleep(0)
        door.close()
        with pytest.raises(ProcessLost):
            await asked
        with pytest.raises(ProcessLost):
            await handle.serves
        assert heard == ["gone"]
        await handle.shut()  # nothing to do, and no error

    played(body)
