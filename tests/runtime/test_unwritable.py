"""A disk that is full in the middle of an episode: nothing begins, and what would have been struck ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import open_episode
from vigiles.ledger.home import Home
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import LedgerUnwritable
from vigiles.runtime.episode import Episode

pytestmark = [pytest.mark.cell, pytest.mark.alone]


def recorder_of(home: Path) -> int:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect(str(Home(home).socket))
        return struct.unpack("iII", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def fill(home: Path) -> None:
    """Let the recorder's files grow no more, as on a full disk; what is there already shrinks the limit below it."""
    pid = recorder_of(home)
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (Home(home).database.stat().st_size // 2, hard))


@pytest.fixture
def on_a_full_disk(home: Path, workdir: Path) -> Callable[..., None]:
    def run(body: Callable[[Episode], Any]) -> None:
        async def main() -> None:
            async with asyncio.timeout(30):
                async with open_episode(workdir=workdir, home=home) as episode:
                    assert (await episode.call(["true"])).exit_code == 0
                    await asyncio.sleep(0.2)
                    fill(home)
                    await body(episode)

        try:
            with pytest.raises(LedgerUnwritable):
                asyncio.run(main())
        finally:
            os.kill(recorder_of(home), signal.SIGTERM)

    return run


def test_no_call_begins(on_a_full_disk: Any, processes_with: Callable[[str], list[int]]) -> None:
    async def body(episode: Episode) -> None:
        with pytest.raises(LedgerUnwritable) as refusal:
            await episode.call(["sleep", "86.25"], env={"FILLER" * 20_000: "x"})
        assert refusal.value.remedy
        assert not processes_with("86.25")

        async def perform(_: dict[str, Any]) -> None:
            raise AssertionError("performed")

        with pytest.raises(LedgerUnwritable):
            await episode.act("tool_call", "note", {"text": "x" * 200_000}, perform)

    on_a_full_disk(body)


def test_a_strike_that_cannot_be_recorded_ends_the_episode(
    on_a_full_disk: Any, incident_of: Callable[[Coordinates], Any], processes_with: Callable[[str], list[int]]
) -> None:
    async def body(episode: Episode) -> None:
        running = asyncio.ensure_future(episode.call(["sleep", "87.25"]))
        for _ in range(20):  # until even a small record finds no room
            try:
                await episode.act("tool_call", "note", {"text": "x" * 200_000})
            except LedgerUnwritable:
                break
        episode.strikes.plan(incident_of(episode.coordinates), ["cut_egress", "freeze", "notify"])
        await asyncio.wait_for(episode.strikes.idle(), 10)
        assert (episode.shut, episode.ended_by) == ("episode_ended", "response")
        assert not processes_with("87.25")
        await asyncio.gather(running, return_exceptions=True)

    on_a_full_disk(body)


def test_a_call_that_runs_when_the_disk_is_full_is_ended_soon(
    on_a_full_disk: Any, processes_with: Callable[[str], list[int]], python: list[str]
) -> None:
    async def body(episode: Episode) -> None:
        loop = asyncio.get_running_loop()
        running = asyncio.ensure_future(episode.call([*python, "while True: pass  # 88.25"]))
        while not processes_with("88.25"):
            await asyncio.sleep(0.01)
        for _ in range(20):  # until even a small record finds no room
            with contextlib.suppress(LedgerUnwritable):
                await episode.act("tool_call", "note", {"text": "x" * 200_000})
        began = loop.time()
        while episode.ended_by is None:
            await asyncio.sleep(0.05)
            assert loop.time() - began < 6
        assert episode.ended_by == "ledger_unwritable"
        await asyncio.gather(running, return_exceptions=True)
        assert not processes_with("88.25")

    on_a_full_disk(body)


def test_a_recorder_that_dies_is_started_anew_and_the_episode_goes_on(workdir: Path, home: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(30), open_episode(workdir=workdir, home=home) as episode:
            assert (await episode.call(["true"])).exit_code == 0
            os.kill(recorder_of(home), signal.SIGKILL)
            await asyncio.sleep(3)
            assert episode.services.ledger.connected
            assert (await episode.call(["true"])).exit_code == 0
            assert episode.ended_by is None

    asyncio.run(main())
    os.kill(recorder_of(home), signal.SIGTERM)
