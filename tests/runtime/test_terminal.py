"""The person's terminal and the agent's: what was written before the end is shown, whatever the time."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigiles.runtime.terminal import Terminal


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


@pytest.mark.usefixtures("at_terminal")
def test_what_was_written_is_shown_though_somebody_keeps_the_terminal_and_no_time_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = b"x" * 7_000 + b"last"  # the kernel holds 8,192 bytes for who has not read them

    async def main() -> None:
        master, agents = pty.openpty()
        with Terminal(master, lambda: False) as relay:
            # The event loop has no turn between this and the end.
            assert os.write(agents, words) == len(words)
            await relay.drained(0)
        os.close(agents)

    with (tmp_path / "shown").open("w+") as shown:
        monkeypatch.setattr(sys, "stdout", shown)
        asyncio.run(main())
    assert (tmp_path / "shown").read_bytes() == words
