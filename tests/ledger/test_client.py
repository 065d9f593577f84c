from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vigiles.ledger.client import RecorderClient
from vigiles.ledger.connect import connect
from vigiles.ledger.query import LedgerReader
from vigiles.model.errors import InputInvalid, LedgerUnwritable


def recorder_pid(home: Path) -> int | None:
    sock = connect(home)
    if sock is None:
        return None
    pid = int.from_bytes(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)
    sock.close()
    return pid


def held(home: Path) -> list[Any]:
    with LedgerReader(home) as reader:
        return [record for _, record in reader.records()]


@pytest.fixture(autouse=True)
def _end_what_was_started(home: Path) -> Iterator[None]:
    yield
    pid = recorder_pid(home)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)


def test_many_at_once_each_get_their_own_indexes(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home)
        pairs = [[make.act(n), make.act(n)] for n in range(200)]

        async def one(pair: list[Any]) -> None:
            first, second = await client.append(pair)
            assert second == first + 1
            got[first], got[second] = pair
            client.post(make.flow("example.org"))

        got: dict[int, Any] = {}
        await asyncio.gather(*map(one, pairs))
        await client.close()
        with LedgerReader(home) as reader:
            told = dict(reader.records(type="act"))
            assert told == got
            assert len(list(reader.records(type="flow"))) == 200

    asyncio.run(main())


def test_a_message_that_is_worth_it_does_not_wait_for_the_end_of_the_turn(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home)
        on_their_way: list[int] = []

        async def look() -> None:
            on_their_way.append(len(client._flying))

        # Tasks start in order, all in one turn of the loop: who looks last sees what left before the turn was over.
        found = await asyncio.gather(*(client.append([make.act(n)]) for n in range(60)), look())
        await client.close()
        assert on_their_way == [2]
        assert [indexes[0] - found[0][0] for indexes in found[:-1]] == list(range(60))

    asyncio.run(main())


def test_order_is_the_callers(home: Path, make: Any) -> None:
    records = [make.act(n) for n in range(30)]

    async def main() -> None:
        client = await RecorderClient.connect(home)
        tasks = []
        for number, record in enumerate(records):
            if number % 3 == 0:
                client.post(record)
            else:
                tasks.append(asyncio.create_task(client.append([record], durable=number % 3 == 1)))
                await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        await client.close()

    asyncio.run(main())
    assert held(home) == records


def test_posts_arrive_within_the_bound(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home)
        client.post(make.act())
        for _ in range(100):
            await asyncio.sleep(0.02)
            if held(home):
                break
        assert len(held(home)) == 1
        await client.close()

    asyncio.run(main())


def test_not_durable_still_answers(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home)
        assert await asyncio.wait_for(client.append([make.act()], durable=False), 5) == [0]
        assert await client.append([]) == []
        await client.close()
        await client.close()

    asyncio.run(main())


def test_larger_than_one_message(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home)
        big = [make.act(n, command="x" * 1_500_000) for n in range(6)]
        results = await asyncio.gather(*(client.append([record]) for record in big))
        assert sorted(results) == [[n] for n in range(6)]
        await client.close()

    asyncio.run(main())


def test_a_full_queue_drops_counts_and_tells(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home, queue_bytes=3000)
        for number in range(50):
            client.post(make.act(number))
        lost = client.lost
        assert lost > 10
        await client.flush()
        await client.close()
        assert client.lost == lost
        gaps = [record for record in held(home) if type(record).__name__ == "Gap"]
        assert [(gap.what, gap.count) for gap in gaps] == [("lost_records", lost)]
        assert len(held(home)) == 50 - lost + 1

    asyncio.run(main())


def test_a_flood_of_observations_leaves_room_for_what_is_said_of_them(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home, queue_bytes=100_000)
        assert not client.crowded
        for number in range(1000):
            client.post(make.flow(f"host-{number}.example"))
        assert client.crowded
        lost = client.lost
        assert lost > 100
        for number in range(8):  # a tenth of the room is theirs
            client.post(make.act(number))
            client.post(make.incident())
        assert client.lost == lost
        client.post(make.flow("one-more.example"))
        assert client.lost == lost + 1
        await client.flush()
        assert not client.crowded
        await client.close()
        kinds = Counter(type(record).__name__ for record in held(home))
        assert kinds == {"Flow": 1001 - client.lost, "Act": 8, "Incident": 8, "Gap": 1}

    asyncio.run(main())


def test_however_full_the_queue_is_the_loss_is_told(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home, queue_bytes=100)
        client.post(make.act(1))
        assert client.lost == 1
        await client.append([make.act(2)])
        await client.close()
        assert [record.count for record in held(home) if type(record).__name__ == "Gap"] == [1]

    asyncio.run(main())


def test_posts_that_were_on_their_way_when_the_recorder_died_are_counted(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home)
        await client.append([make.act()])
        pid = recorder_pid(home)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        for number in range(40):
            client.post(make.flow(f"host-{number}.example"))
            await asyncio.sleep(0.002)
        await asyncio.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            while not client.lost:
                await asyncio.sleep(0.01)
        await asyncio.wait_for(client.append([make.act(78)]), 20)
        await client.close()
        kinds = Counter(type(record).__name__ for record in held(home))
        assert (client.lost, kinds["Flow"]) == (40, 0)
        assert [record.count for record in held(home) if type(record).__name__ == "Gap"] == [40]

    asyncio.run(main())


def test_when_the_recorder_dies_callers_are_told_and_the_next_one_starts_it_again(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home)
        await client.append([make.act()])
        pid = recorder_pid(home)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        waiting = asyncio.create_task(client.append([make.act()]))
        await asyncio.sleep(0.05)
        client.post(make.act(77))
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(LedgerUnwritable, match="gone"):
            await asyncio.wait_for(waiting, 5)
        assert await asyncio.wait_for(client.append([make.act(78)]), 20)
        await client.close()
        calls = [record.coordinates.call for record in held(home) if record.coordinates]
        assert calls[-1] == 78
        assert 77 in calls or client.lost == 1

    asyncio.run(main())


def test_what_waits_when_the_recorder_dies_neither_hangs_nor_blocks_what_comes_after(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home)
        pid = recorder_pid(home)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        waiting = []
        for _ in range(8):
            waiting.append(asyncio.create_task(client.append([make.act(1, command="x" * 3_000_000)])))
            await asyncio.sleep(0.01)
        for number in range(4):
            client.post(make.act(number, command="y" * 2_500_000))
        os.kill(pid, signal.SIGKILL)
        results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)
        assert {type(result) for result in results} == {LedgerUnwritable}
        await asyncio.wait_for(client.append([make.act(78)]), 20)
        await asyncio.wait_for(client.close(), 20)
        kept = [record for record in held(home) if type(record).__name__ == "Act"]
        assert kept[-1].coordinates.call == 78
        assert len(kept) + client.lost >= 5

    asyncio.run(main())


def test_closed_is_closed(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home)
        client.post(make.act())
        await client.close()
        assert len(held(home)) == 1
        with pytest.raises(LedgerUnwritable, match="closed"):
            client.post(make.act())
        with pytest.raises(LedgerUnwritable, match="closed"):
            await client.append([make.act()])

    asyncio.run(main())


def test_what_cannot_be_recorded_troubles_nobody_else(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home)
        bad = msgspec.structs.replace(make.act(), arguments={"x": 0.5})
        with pytest.raises(InputInvalid):
            client.post(bad)
        with pytest.raises(InputInvalid):
            await client.append([make.act(), bad])
        assert await client.append([make.act()]) == [0]
        await client.close()

    asyncio.run(main())


def test_a_cancelled_caller_troubles_nobody_else(home: Path, make: Any) -> None:
    async def main() -> None:
        client = await RecorderClient.connect(home)
        tasks = [asyncio.create_task(client.append([make.act(n)])) for n in range(10)]
        await asyncio.sleep(0)
        tasks[3].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(results[3], asyncio.CancelledError)
        assert [n for n, result in enumerate(results) if isinstance(result, list)] == [0, 1, 2, 4, 5, 6, 7, 8, 9]
        await client.close()

    asyncio.run(main())
