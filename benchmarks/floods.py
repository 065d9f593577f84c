"""Ten cells, one of which floods: what pace is left to the other nine.

Each of the nine repeats a fixed small job (a call that starts three programs, writes a file, connects to its own loopback)
and then thinks for a moment, as an agent does. The tenth idles, then floods: programs, connects, files and output at once,
as fast as it can. Both are measured in the same round, so that only the tenth differs.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from pathlib import Path

from benchmarks.place import place
from benchmarks.rounds import interleave, spread
from benchmarks.row import Row
from vigiles.api import Episode, Services, open_episode

HONEST = 9
AT_LEAST = 0.8
_THINK_S = 0.2
_JOB = "true; /bin/true; /bin/true; echo x > note; /bin/true"
_PROGRAMS = 'while True:\n    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)'
_CONNECTS = (
    'while True:\n    with socket.socket() as sock:\n        sock.connect_ex(("127.0.0.1", 9))\n'
    '    with socket.socket() as sock:\n        sock.connect_ex(("203.0.113.9", 9))'
)
_FILES = 'for number in itertools.count():\n    open(f"flood-{number % 50000}", "w").close()'
_OUTPUT = 'while True:\n    os.write(1, b"x" * 65536)'


def _flood() -> list[str]:
    """Return a call that floods in four ways at once, one process for each."""
    parts = "\n".join(
        "if not os.fork():\n" + "\n".join(f"    {line}" for line in part.splitlines())
        for part in (_PROGRAMS, _CONNECTS, _FILES, _OUTPUT)
    )
    return [sys.executable, "-ISc", f"import itertools, os, socket, time\n{parts}\ntime.sleep(1000)"]


async def _honest(episode: Episode, until: float) -> int:
    done = 0
    while time.monotonic() < until:
        outcome = await episode.call(["sh", "-c", _JOB])
        if outcome.exit_code != 0:
            rules = sorted({finding.rule for finding in episode.findings()})
            raise RuntimeError(f"an honest call failed: {outcome.verdict.reason}, {outcome.result.error}, found {rules}")
        done += 1
        await asyncio.sleep(_THINK_S)
    return done


async def _pace(episodes: list[Episode], flooder: Episode | None, seconds: float) -> float:
    """Return how many jobs a second the honest cells do together."""
    flood = None
    if flooder is not None:
        flood = asyncio.ensure_future(flooder.call(_flood(), timeout=seconds + 5))
        await asyncio.sleep(0.5)
    start = time.monotonic()
    done = sum(await asyncio.gather(*(_honest(episode, start + seconds) for episode in episodes)))
    took = time.monotonic() - start
    if flooder is not None and flood is not None:
        assert flooder.cell is not None
        flooder.cell.signal(signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(flood, 20)
    return done / took


async def measure(rounds: int, seconds: float) -> list[Row]:
    """Return the one row: jobs a second while the tenth floods, beside those while it idles."""
    with place() as folder:
        async with await Services.start(folder / "home") as services, contextlib.AsyncExitStack() as stack:

            async def cell(name: str) -> Episode:
                work: Path = folder / name
                work.mkdir()
                opened = open_episode(profile="rl-rollout", workdir=work, services=services)
                return await stack.enter_async_context(opened)

            honest = [await cell(f"honest{number}") for number in range(HONEST)]
            flooder = await cell("flooder")
            took = await interleave(
                {
                    "idle": lambda: _pace(honest, None, seconds),
                    "flood": lambda: _pace(honest, flooder, seconds),
                },
                rounds,
                warm_up=0,
            )
    ratio = spread([mine / other for mine, other in zip(took["flood"], took["idle"], strict=True)])
    return [
        Row(
            group="floods",
            name=f"pace of {HONEST} cells while a tenth floods",
            unit="/s",
            ours=spread(took["flood"]),
            reference=spread(took["idle"]),
            reference_unit="/s",
            ratio=ratio,
            bar=f">= {AT_LEAST:g} x",
            passed=ratio.median >= AT_LEAST,
            note=f"a job every {_THINK_S:g} s each; the reference is the same with the tenth idle",
        )
    ]
