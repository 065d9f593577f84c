"""The pump between a terminal and an agent's pipe: nothing is lost, nothing waits, and the end is the end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest

from vigiles.runtime.attending.stdio import Pump


def with_pump(body: Callable[[Pump, int, int], Awaitable[None]]) -> None:
    """Run ``body`` with a started pump, the end to write to and the end to read from."""

    async def main() -> None:
        (source, write), (read, sink) = os.pipe(), os.pipe()
        os.set_blocking(sink, False)
        os.set_blocking(read, False)
        pump = Pump(source, sink)
        pump.start()
        try:
            async with asyncio.timeout(10):
                await body(pump, write, read)
        finally:
            pump.stop()
            for fd in (write, read):
                try:
                    os.close(fd)
                except OSError:
                    pass  # the body closed it

    asyncio.run(main())


async def read_all(fd: int) -> bytes:
    data = b""
    while True:
        try:
            part = os.read(fd, 65_536)
        except BlockingIOError:
            await asyncio.sleep(0.005)
            continue
        if not part:
            return data
        data += part


@pytest.mark.parametrize("size", [0, 1, 60_000])
def test_all_bytes_pass_and_an_end_is_passed_on(size: int) -> None:
    async def body(pump: Pump, write: int, read: int) -> None:
        data = os.urandom(size)
        os.write(write, data)
        os.close(write)
        assert await read_all(read) == data
        assert pump.over.is_set()

    with_pump(body)


def test_a_reader_that_does_not_read_stops_nobody_and_loses_nothing() -> None:
    async def body(pump: Pump, write: int, read: int) -> None:
        os.set_blocking(write, False)
        sent = 0
        for _ in range(200):
            try:
                sent += os.write(write, b"x" * 4096)
            except BlockingIOError:
                await asyncio.sleep(0.001)
        assert not pump.over.is_set()
        os.close(write)
        assert len(await read_all(read)) == sent

    with_pump(body)


def test_the_last_bytes_are_those_that_wait_now() -> None:
    async def body(pump: Pump, write: int, read: int) -> None:
        os.write(write, b"before")
        pump.last()
        os.write(write, b"after")
        assert await read_all(read) == b"before"
        assert pump.over.is_set()

    with_pump(body)


def test_with_nothing_waiting_the_end_is_now() -> None:
    async def body(pump: Pump, write: int, read: int) -> None:
        pump.last()
        assert pump.over.is_set()
        pump.last()
        pump.stop()

    with_pump(body)


def test_a_reader_that_left_ends_it() -> None:
    async def body(pump: Pump, write: int, read: int) -> None:
        os.close(read)
        os.write(write, b"x")
        await pump.over.wait()

    with_pump(body)
