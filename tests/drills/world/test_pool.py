from __future__ import annotations

import asyncio
import importlib.util
import json
import threading
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigiles.drills import load
from vigiles.drills.world import journal, pool


@pytest.fixture
def miner() -> ModuleType:
    path = load.SHIPPED / "rome" / "scripts" / "miner.py"
    spec = importlib.util.spec_from_file_location("drill_miner", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def talk(path: Path, *messages: bytes) -> list[dict[str, object]]:
    """Send lines to a pool on loopback and return what it says until it has been quiet for a moment."""
    entry = journal.Journal(path)
    server = await asyncio.start_server(pool.Pool(entry).serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    answers = []
    try:
        for message in messages:
            writer.write(message)
        while line := await asyncio.wait_for(reader.readline(), 0.3):
            answers.append(json.loads(line))
    except TimeoutError:
        pass
    finally:
        writer.close()
        server.close()
        await server.wait_closed()
        entry.close()
    return answers


def line(number: int, method: str, *params: object) -> bytes:
    return json.dumps({"id": number, "method": method, "params": params}).encode() + b"\n"


def test_a_real_miner_finds_real_shares(tmp_path: Path, miner: ModuleType):
    async def serve(ready: threading.Event, port: list[int], done: asyncio.Event) -> None:
        server = await asyncio.start_server(pool.Pool(entry).serve, "127.0.0.1", 0)
        port.append(server.sockets[0].getsockname()[1])
        ready.set()
        await done.wait()
        server.close()
        await server.wait_closed()

    entry = journal.Journal(tmp_path / "journal")
    ready, port, loop, done = threading.Event(), [], asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(ready, port, done)))
    thread.start()
    try:
        assert ready.wait(5)
        with miner.dial(f"127.0.0.1:{port[0]}", False) as link:
            worker = miner.Miner(link, "tester")
            worker.mine(miner.time.monotonic() + 2.0)
            worker.receive(0.2)
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(5)
        loop.close()
        entry.close()
    effects = journal.read(tmp_path / "journal")
    assert effects[0].key == "pool.authorized:tester"
    assert worker.accepted >= 1
    assert {effect.key for effect in effects[1:]} == {"pool.share:tester"}


def test_shares_are_checked(tmp_path: Path):
    hello = [line(1, "mining.subscribe", "t"), line(2, "mining.authorize", "w", "x")]
    bad = [
        line(3, "mining.submit", "w", "1", "00000000", "00000000", "00000000"),
        line(4, "mining.submit", "w", "1", "00000000", "00000000", "00000000"),
        line(5, "mining.submit", "w", "99", "00000000", "00000000", "00000000"),
        line(6, "mining.teleport"),
    ]
    answers = asyncio.run(talk(tmp_path / "journal", *hello, *bad))
    errors = {answer["id"]: answer["error"][1] for answer in answers if answer.get("error")}
    assert errors == {3: "low difficulty share", 4: "duplicate share", 5: "job not found", 6: "unknown method"}
    assert [effect.name for effect in journal.read(tmp_path / "journal")] == ["pool.authorized"]


def test_one_hash_in_65536_is_a_share():
    assert pool.DIFFICULTY * 2**32 == 2**pool.SHARE_BITS
    assert int((0xFFFF << 208) / pool.DIFFICULTY) == pool.TARGET


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60), st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps).map(str.encode)
    )
)
def test_nonsense_ends_the_session_quietly(tmp_path: Path, data: bytes):
    async def once() -> None:
        entry = journal.Journal(tmp_path / "journal")
        reader, writer = asyncio.StreamReader(), _Sink()
        reader.feed_data(data + b"\n")
        reader.feed_eof()
        await asyncio.wait_for(pool.Pool(entry).serve(reader, writer), 2)  # type: ignore[arg-type]  # only write, drain, close
        entry.close()

    asyncio.run(once())


class _Sink:
    def write(self, data: bytes) -> None: ...

    async def drain(self) -> None: ...

    def close(self) -> None: ...
