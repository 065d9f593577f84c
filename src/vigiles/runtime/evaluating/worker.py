"""One process of several that play a grid: jobs come in on standard input, lines of results go out on standard output.

``python -m vigiles.runtime.evaluating.worker PLAN HOME RUN [keep]``. It holds one client of the home's recorder, plays every
job that it is given at once, and ends when its standard input does: whoever started it is then gone or done.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from vigiles.evaluation.grid.folder import read_folder
from vigiles.evaluation.grid.line import Line, encode
from vigiles.evaluation.grid.plan import Job
from vigiles.evaluation.grid.playing import Playing
from vigiles.ledger.client import RecorderClient

_READ_BYTES = 1 << 16


async def work(folder: Path, home: Path, run: str, keep_calls: bool = False) -> None:
    """Play what comes in until nothing more does. An episode that cannot be recorded ends the process."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_READ_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    client = await RecorderClient.connect(home)
    out = sys.stdout.buffer
    try:
        playing = Playing(read_folder(folder)[0].plan, client, run, keep_attempts=keep_calls)

        async def one(job: Job) -> None:
            played = await playing.play(job)
            out.write(encode(Line(cell=job.cell, seed=job.seed, played=played)))
            out.flush()

        async with asyncio.TaskGroup() as group:
            while line := await reader.readline():
                cell, seed = line.split()
                group.create_task(one(Job(int(cell), int(seed))))
    finally:
        await client.close()


def main(arguments: list[str]) -> int:
    """Run the process and return its exit code: one line on standard error says why it is not 0."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is our starter's to answer, who then closes our input
    folder, home, run, *more = arguments
    try:
        asyncio.run(work(Path(folder), Path(home), run, more == ["keep"]))
    except BaseException as error:
        from vigiles.render.text import safe

        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        sys.stderr.write(f"{type(error).__name__}: {safe(str(error), 300)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
