"""A cell that fills its disk: it feels it, nobody else does, and the record says so."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.model.observation.limit import LimitMet
from vigiles.runtime.episode import Episode
from vigiles.runtime.outcome import Outcome

pytestmark = pytest.mark.cell

SMALL = "[files]\ntmp_bytes = 8_388_608\ntmp_inodes = 2_000\n"
FILL = """
import errno, os, sys
folder, size, number = sys.argv[1], int(sys.argv[2]), 0
try:
    while number < 100000:
        with open(f"{folder}/f{number}", "wb") as file:
            file.write(b"x" * size)
        number += 1
except OSError as error:
    print(errno.errorcode[error.errno], flush=True)
import time
time.sleep(0.6)
"""
CLEAR = "import os, sys\nfor name in os.listdir(sys.argv[1]):\n    if name[0] == 'f': os.unlink(sys.argv[1] + '/' + name)\n"


@pytest.mark.parametrize("folder", [".", "/tmp", "/var/tmp", "/home/agent", "/dev/shm"])
@pytest.mark.parametrize(("size", "limit"), [(100_000, "disk_bytes"), (0, "disk_inodes")])
def test_the_limit_is_felt_inside_and_told(
    inside: Any, make_profile: Callable[..., Path], python: list[str], folder: str, size: int, limit: str
) -> None:
    async def body(episode: Episode) -> tuple[Outcome, Outcome, list[LimitMet]]:
        filled = await episode.call([*python, FILL, folder, str(size)])
        await episode.call([*python, CLEAR, folder])
        after = await episode.call(["sh", "-c", "echo well > note && cat note"])
        return filled, after, [record for record in episode.records() if isinstance(record, LimitMet)]

    before = os.statvfs("/tmp").f_bavail
    filled, after, met = inside(body, profile=make_profile(SMALL))
    assert filled.stdout == b"ENOSPC\n"
    assert after.stdout == b"well\n", "the episode goes on"
    assert [(record.limit, record.attribution.call, record.attribution.grade) for record in met] == [(limit, 1, "inferred")]
    assert met[0].most == (8_388_608 if size else 2_000)
    assert os.statvfs("/tmp").f_bavail > before // 2


def test_an_episode_on_a_full_disk_ends_cleanly(inside: Any, make_profile: Callable[..., Path], python: list[str]) -> None:
    async def body(episode: Episode) -> tuple[Outcome, Episode]:
        filled = await episode.call([*python, FILL, ".", "100000"])
        await episode.call(["sh", "-c", "echo more > more"])
        return filled, episode

    filled, episode = inside(body, profile=make_profile(SMALL))
    assert filled.exit_code == 0
    assert episode.ended_by is None


def test_an_honest_call_meets_no_limit(inside: Any) -> None:
    async def body(episode: Episode) -> list[Any]:
        await episode.call(["sh", "-c", "echo x > x; sleep 0.4"])
        return [record for record in episode.records() if isinstance(record, LimitMet)]

    assert inside(body) == []
