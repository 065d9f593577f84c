"""The person's terminal and the agent's: what was written before the end is shown, whatever the time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigiles.runtime.attending.terminal import Terminal


@pytest.fixture
def at_terminal() -> Iterator[None]:
    """Standard input is a terminal of its own; standard output stays what the test captures."""
    master, terminal = pty.openpty()
    saved = os.dup(0)
    os.dup2(terminal, 0)
    yield
    os.dup2(saved, 0)
    for fd in (saved, master, terminal):
        os.close(fd)


@contextlib.contextmanager
def output_is(fd: int) -> Iterator[None]:
    saved = os.dup(1)
    os.dup2(fd, 1)
    try:
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)


@pytest.mark.usefixtures("at_terminal")
def test_what_was_written_is_shown_though_somebody_keeps_the_terminal_and_no_time_is_left(
    tmp_path: Path,
) -> None:
    words = b"x" * 7_000 + b"last"  # the kernel holds 8,192 bytes for who has not read them

    async def main() -> None:
        master, agents = pty.openpty()
        with Terminal(master, lambda: False) as relay:
            # The event loop has no turn between this and the end.
            assert os.write(agents, words) == len(words)
            await relay.drained(0)
        os.close(agents)

    with (tmp_path / "shown").open("wb") as shown, output_is(shown.fileno()):
        asyncio.run(main())
    assert (tmp_path / "shown").read_bytes() == words


@pytest.mark.usefixtures("at_terminal")
def test_a_terminal_that_stands_still_holds_up_nothing_but_its_own_output() -> None:
    """As after Ctrl-S: nobody takes what was written, and the event loop goes on."""
    words = bytes(range(32, 127)) * 2_000

    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        master, agents = pty.openpty()
        tty.setraw(agents)
        with Terminal(master, lambda: False) as relay:
            writing = loop.run_in_executor(None, _write_all, agents, words)
            for _ in range(20):
                await asyncio.sleep(0.01)  # returns, though the screen takes nothing more
            assert not writing.done()
            reading = loop.run_in_executor(None, _read_all, screen, len(words))
            await writing
            await relay.drained()
            shown = await reading
        os.close(agents)
        return shown

    screen, terminal = pty.openpty()
    tty.setraw(terminal)
    with output_is(terminal):
        assert asyncio.run(main()) == words
    os.close(terminal)
    os.close(screen)


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _read_all(fd: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += os.read(fd, 65_536)
    return data
