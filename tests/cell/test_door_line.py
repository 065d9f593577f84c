"""The line to a door, with a door that says too little, too late, or nonsense."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from vigiles.cell import door_line
from vigiles.cell.door import messages
from vigiles.cell.door_line import DoorLine
from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import NOBODY
from vigiles.model.errors import ProcessLost
from vigiles.model.observation.sensor import Gap
from vigiles.model.response import FlowSnapshot
from vigiles.model.union import Recorded


@dataclass
class Bench:
    line: DoorLine
    door: socket.socket
    seen: list[Recorded] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    async def order(self) -> messages.Cut | messages.Allow | messages.Flows | messages.Shutdown:
        return messages.decode_from_supervisor(await asyncio.get_running_loop().sock_recv(self.door, 4096))

    def says(self, *words: messages.FromDoor) -> None:
        for word in words:
            self.door.send(messages.encode(word))


def run(work: Callable[[Bench], Awaitable[None]]) -> None:
    async def main() -> None:
        ours, theirs = messages.pair()
        theirs.setblocking(False)
        with theirs:
            bench = Bench(None, theirs)  # type: ignore[arg-type]  # made in the next line
            bench.line = DoorLine(ours, bench.seen.append, lambda: bench.lost.append("door"))
            async with asyncio.timeout(20):
                await work(bench)
            bench.line.close()
            bench.line.close()

    asyncio.run(main())


def flow(name: str) -> FlowSnapshot:
    return FlowSnapshot(flow=name, call=1, host="h", port=1, protocol="tls", bytes_out=0, bytes_in=0)


def test_orders_are_answered_by_token_and_records_go_on_between() -> None:
    async def work(bench: Bench) -> None:
        asked = [asyncio.ensure_future(one) for one in (bench.line.flows(), bench.line.cut(None))]
        flows, cut = [await bench.order() for _ in asked]
        gap = Gap(id=new_id("obs"), at=now(), sensor="door", attribution=NOBODY, what="x", count=1)
        bench.says(
            messages.Ready(max_flows=1),
            messages.Done(token=cut.token, flows=2),
            messages.FlowList(token=flows.token, flows=[flow("a")], last=False),
            gap,
            messages.FlowList(token=flows.token, flows=[flow("b")], last=True),
        )
        assert await asyncio.gather(*asked) == [[flow("a"), flow("b")], 2]
        assert [record.id for record in bench.seen] == [gap.id]
        assert (bench.line._asked, bench.line._pages) == ({}, {})

    run(work)


def test_a_silent_door_is_not_waited_for_and_its_late_answer_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_line, "_ORDER_S", 0.05)

    async def work(bench: Bench) -> None:
        with pytest.raises(TimeoutError):
            await bench.line.flows()
        late = await bench.order()
        bench.says(messages.FlowList(token=late.token, flows=[flow("a")], last=False))
        with pytest.raises(TimeoutError):
            await bench.line.allow(3)
        assert (bench.line._asked, bench.line._pages, bench.lost) == ({}, {}, [])

    run(work)


@pytest.mark.parametrize("nonsense", [b"\xc1", b"\x80", messages.encode(messages.Flows(token=1))])
def test_a_door_that_says_what_no_door_says_is_lost(nonsense: bytes) -> None:
    async def work(bench: Bench) -> None:
        bench.door.send(nonsense)
        while not bench.lost:
            await asyncio.sleep(0.01)
        bench.door.send(nonsense)
        await asyncio.sleep(0.05)
        assert bench.lost == ["door"]

    run(work)


def test_an_end_tells_whoever_waits() -> None:
    async def work(bench: Bench) -> None:
        waiting = asyncio.ensure_future(bench.line.flows())
        await bench.order()
        bench.line.close()
        with pytest.raises(ProcessLost, match="ended"):
            await waiting
        with pytest.raises(ProcessLost, match="gone"):
            await bench.line.cut(1)

    run(work)


def test_a_door_says_once_that_it_serves() -> None:
    async def main() -> None:
        ours, theirs = messages.pair()
        serves = asyncio.Event()
        line = DoorLine(ours, lambda record: None, lambda: None, serves.set)
        with theirs:
            theirs.send(messages.encode(messages.Ready(max_flows=9)))
            async with asyncio.timeout(20):
                await serves.wait()
        line.close()

    asyncio.run(main())
