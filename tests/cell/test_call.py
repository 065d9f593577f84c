"""The last steps of a call's first process: whatever goes wrong there ends it, for it stands in init's own code."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.cell.call import EXIT_CONTROL, EXIT_NOT_EXECUTABLE
from vigiles.cell.spec import CallSpec
from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell


def _full_pipe() -> tuple[int, int]:
    """Return the ends of a pipe that takes nothing more, and whose writers do not wait."""
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        return reader, writer


async def _ends(episode: Episode, number: int, stderr: int, *, argv: list[bytes], cwd: bytes) -> int | None:
    assert episode.cell is not None
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    spec = CallSpec(call=number, argv=argv, environment={}, cwd=cwd)
    try:
        running = await episode.cell.launch(spec, [null, null, stderr])
    finally:
        os.close(null)
    async with asyncio.timeout(5):
        return (await running.ended).code


@pytest.mark.parametrize("spare", [True, False])
def test_one_that_cannot_say_what_went_wrong_ends_all_the_same(workdir: Path, home: Path, spare: bool) -> None:
    """An agent chooses its standard error: one that takes nothing must not lead the process back into init's loop."""

    async def main() -> None:
        async with open_episode(workdir=workdir, home=home) as episode:
            work = os.fsencode(workdir)
            reader, writer = _full_pipe()
            try:
                for number in range(1001, 1004):
                    if spare:
                        await asyncio.sleep(0.1)  # init has the next process ready by then
                    assert await _ends(episode, number, writer, argv=[b"/nowhere"], cwd=work) == EXIT_NOT_EXECUTABLE
                    assert await _ends(episode, number + 100, writer, argv=[b"/bin/true"], cwd=b"/nowhere") == EXIT_CONTROL
            finally:
                os.close(reader)
                os.close(writer)
            assert (await episode.call(["true"])).exit_code == 0

    asyncio.run(main())
