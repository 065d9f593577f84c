"""Overhead inside one running call: the same program in a cell and in bubblewrap, timed by itself, so without start-up."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from shutil import copy

import msgspec

from benchmarks import bubblewrap, work
from benchmarks.place import place
from benchmarks.rounds import interleave, spread
from benchmarks.row import Row, compared
from vigiles.api import Episode, Services, open_episode

PROFILE = "rl-rollout"
#: name of the work, what the table says, the most that ours may take in multiples of bubblewrap
BARS = (
    ("find", "find /usr/share", 1.1),
    ("git_status", "40 x git status", 1.1),
    ("imports", "20 x python, 8 imports", 1.1),
    ("write_tmp", "20,000 x open, write in /tmp", 1.1),
    ("write_work", "20,000 x open, write in the work directory", 1.1),
    ("fork_exec", "300 x fork and exec", 1.5),
    ("connect", "2,000 x connect on loopback", 8.0),
)
CONNECTS = 2_000
CONNECT_ADDED_US = 60.0
_SETTLE_S = 0.2


async def in_bubblewrap(workdir: Path, command: Sequence[str]) -> float:
    """Return the seconds that the program says it took."""
    await asyncio.sleep(0)
    return float(bubblewrap.output(workdir, command))


async def in_cell(episode: Episode, command: Sequence[str]) -> float:
    """Return the seconds that the program says it took. Raises RuntimeError if it failed."""
    outcome = await episode.call(command, env={"PATH": bubblewrap.PATH})
    if outcome.exit_code != 0:
        raise RuntimeError(f"{' '.join(command[1:])} failed in a cell: {outcome.verdict.reason} {outcome.stderr!r}")
    await asyncio.sleep(_SETTLE_S)  # what was seen of it is recorded now, not in the reference's time
    return float(outcome.stdout)


async def measure(rounds: int, scale: float) -> list[Row]:
    """Return a row for each kind of work; ``scale`` below 1 does less of it."""
    bubblewrap.require()
    rows = []
    with place() as folder:
        workdir = folder / "work"
        copy(work.__file__, workdir / "work.py")
        _repository(workdir / "repository")
        async with await Services.start(folder / "home") as services:
            for name, told, at_most in BARS:
                command = [os.path.realpath(sys.executable), "work.py", name, str(scale)]
                async with open_episode(profile=PROFILE, workdir=workdir, services=services) as episode:
                    subjects = {
                        "bubblewrap": partial(in_bubblewrap, workdir, command),
                        "cell": partial(in_cell, episode, command),
                    }
                    took = await interleave(subjects, rounds)
                ours, theirs = ([value * 1000 for value in took[who]] for who in ("cell", "bubblewrap"))
                row = compared("overhead", told, ours, theirs, at_most=at_most)
                rows.append(_connect(row, ours, theirs, scale) if name == "connect" else row)
    return rows


def _connect(row: Row, ours: list[float], theirs: list[float], scale: float) -> Row:
    """Add the second half of the bar: microseconds added to each connect."""
    count = CONNECTS * scale
    added = spread([(mine - other) * 1000 / count for mine, other in zip(ours, theirs, strict=True)])
    assert row.ratio is not None
    return msgspec.structs.replace(
        row,
        bar=f"{row.bar} or <= {CONNECT_ADDED_US:g} us added",
        passed=row.passed or added.median <= CONNECT_ADDED_US,
        note=f"{added.median:.0f} us added each (min {added.min:.0f}, max {added.max:.0f})",
    )


def _repository(folder: Path) -> None:
    """Make a small repository: 60 files in 6 folders, one commit."""
    for number in range(60):
        path = folder / f"part{number % 6}" / f"module{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"VALUE = {number}\n" * 40)
    who = ["-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.invalid"]
    for words in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "--message", "start"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
