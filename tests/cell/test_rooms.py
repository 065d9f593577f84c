"""The next call's control group: made beside the loop, offered once, and never to a process that is not the call's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator

import pytest

from vigiles.cell import groups
from vigiles.cell.groups import CellGroups, Groups
from vigiles.cell.messages import Enter, Launch
from vigiles.cell.rooms import Rooms
from vigiles.cell.spec import CallSpec
from vigiles.kernel import cgroups
from vigiles.model.errors import ControlUnavailable

pytestmark = pytest.mark.asroot


@pytest.fixture
def cell() -> Iterator[CellGroups]:
    hierarchies = cgroups.here()
    if os.geteuid() != 0 or hierarchies is None or not os.access(hierarchies.unified, os.W_OK):
        pytest.skip("root and a writable cgroup version 2 are missing")
    opened = Groups.open(groups.new_name())
    made = opened.cell("ep-1")
    made.make(processes=0, memory_bytes=0)
    yield made
    opened.close()


class Init:
    """Takes orders, and knows how many descriptors came with each."""

    def __init__(self) -> None:
        self.orders: list[tuple[Launch | Enter, int]] = []
        self.deaf = False

    def send(self, order: Launch | Enter, descriptors: list[int]) -> None:
        if self.deaf:
            raise BrokenPipeError
        for fd in descriptors:
            os.fstat(fd)
        self.orders.append((order, len(descriptors)))


def play(cell: CellGroups, body: Callable[[Rooms, Init], Awaitable[None]]) -> Init:
    before, init = len(os.listdir("/proc/self/fd")), Init()

    async def main() -> None:
        rooms = Rooms(cell, init.send)
        await body(rooms, init)
        rooms.close()

    asyncio.run(main())
    assert len(os.listdir("/proc/self/fd")) == before
    return init


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def spec(call: int, *, agent: bool = False) -> CallSpec:
    return CallSpec(call=call, argv=[b"true"], environment={}, cwd=b"/", agent=agent)


def test_a_group_is_offered_once_and_is_the_next_call_s(cell: CellGroups) -> None:
    heard: list[tuple[int, int]] = []

    async def body(rooms: Rooms, init: Init) -> None:
        rooms.ahead()
        rooms.ahead()
        await until(lambda: len(init.orders) == 1)
        rooms.ahead()
        rooms.launch(spec(1), [0], lambda call, group: heard.append((call, group)))
        await until(lambda: len(init.orders) == 3)  # the next one is made by itself

    (first, _), (launch, given), (second, _) = play(cell, body).orders
    assert isinstance(first, Enter)
    assert isinstance(launch, Launch)
    assert isinstance(second, Enter)
    assert launch.room == first.room != second.room
    assert (launch.call.group, given) == (cell.identity(1), launch.entrances + 1)
    assert heard == [(1, cell.identity(1))]


def test_an_agent_s_own_process_leaves_the_group_to_whoever_waits_in_it(cell: CellGroups) -> None:
    async def body(rooms: Rooms, init: Init) -> None:
        rooms.ahead()
        await until(lambda: len(init.orders) == 1)
        rooms.launch(spec(1, agent=True), [0], lambda *_: None)
        rooms.launch(spec(2), [0], lambda *_: None)

    (first, _), (agent, _), (launch, _) = play(cell, body).orders
    assert isinstance(first, Enter)
    assert isinstance(agent, Launch)
    assert isinstance(launch, Launch)
    assert agent.room != first.room == launch.room


def test_a_call_that_comes_while_a_group_is_made_does_not_wait_and_nobody_else_enters_its_group(cell: CellGroups) -> None:
    async def body(rooms: Rooms, init: Init) -> None:
        rooms.ahead()
        for call in range(1, 30):
            rooms.launch(spec(call), [0], lambda *_: None)
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.2)

    orders = [order for order, _ in play(cell, body).orders]
    launched = [order.room for order in orders if isinstance(order, Launch)]
    assert len(set(launched)) == 29
    taken: set[int] = set()
    for order in orders:
        if isinstance(order, Enter):
            assert order.room not in taken, "offered after a call had it"
        else:
            taken.add(order.room)


def test_where_no_group_can_be_made_the_call_is_refused_and_the_wait_goes_on(cell: CellGroups) -> None:
    async def body(rooms: Rooms, init: Init) -> None:
        assert cell.remove()
        rooms.ahead()
        await asyncio.sleep(0.1)
        os.makedirs(os.path.dirname(cell.cell.path), exist_ok=True)
        assert init.orders == []
        init.deaf = True
        with pytest.raises((ControlUnavailable, BrokenPipeError)):
            rooms.launch(spec(1), [0], lambda *_: None)

    play(cell, body)
