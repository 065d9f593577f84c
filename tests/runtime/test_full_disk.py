"""A disk that is really full in the middle of an episode: it ends in order, on record, and no other begins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytestmark = [pytest.mark.cell, pytest.mark.asroot]

PLAYED = r"""
import asyncio, json, os, sys, time
from pathlib import Path
from vigiles.kernel import mounts, namespaces
namespaces.unshare(namespaces.NEWNS)
mounts.private_tree()
disk, work = Path(sys.argv[1]), Path(sys.argv[2])
mounts.mount("tmpfs", str(disk), "tmpfs", 0, "size=12m,mode=755")
home = disk / "home"
home.mkdir(mode=0o700)
(home / "ledger.reserve-bytes").write_text(str(2 << 20))

from vigiles.api import open_episode
from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeEnded
from vigiles.model.errors import LedgerUnwritable

told = {}

def fill():
    with open(disk / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass

async def until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.05)

async def main():
    async with open_episode(workdir=work, home=home) as episode:
        await until((home / "ledger.reserve").exists)
        running = asyncio.ensure_future(episode.call(["sleep", "88.25"]))
        await asyncio.sleep(0.3)
        fill()
        for number in range(200):  # until the room that the ledger's files have within them is used up
            if episode.shut:
                break
            try:
                await episode.act("tool_call", "note", {"text": "x" * 20_000}, None)
            except LedgerUnwritable as error:
                told["large"] = str(error)
                break
        told["small"] = (await episode.act("tool_call", "note", {}, None)).verdict.reason
        await until(lambda: episode.shut is not None)
        outcome = await running
        told["outcome"] = outcome.result.outcome
        told["ended_by"] = episode.ended_by
        try:
            async with open_episode(workdir=work, home=home, services=episode.services):
                told["second"] = None
        except LedgerUnwritable as error:
            told["second"] = [str(error), error.remedy]
        os.unlink(disk / "filler")
        await until(lambda: not episode.services.ledger.low)
    async with open_episode(workdir=work, home=home) as episode:
        told["third"] = (await episode.call(["true"])).exit_code

asyncio.run(main())
with LedgerReader(home) as reader:
    records = [record for _, record in reader.records()]
told["ends"] = [record.reason for record in records if isinstance(record, EpisodeEnded)]
told["spaces"] = [record.state for record in records if type(record).__name__ == "LedgerSpace"]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small disk of its own")
    disk, work = tmp_path_factory.mktemp("disk"), tmp_path_factory.mktemp("work")
    for folder in (disk, work):
        folder.chmod(0o755)
    words = [sys.executable, "-c", PLAYED, str(disk), str(work)]
    played = subprocess.run(words, capture_output=True, text=True, timeout=90, check=False)
    assert played.returncode == 0, played.stderr
    answer: dict[str, Any] = json.loads(played.stdout)
    return answer


def test_what_runs_ends_in_order_and_on_record(told: dict[str, Any]) -> None:
    assert "full" in told["large"], "what is left is not for large acts"
    assert told["small"] in ("allowed", "episode_ended")
    assert told["ended_by"] == "ledger_unwritable"
    assert told["outcome"] == "killed"
    assert told["ends"][0] == "ledger_unwritable"


def test_nothing_begins_until_there_is_room(told: dict[str, Any]) -> None:
    assert "full" in told["second"][0]
    assert "Make room" in told["second"][1]
    assert told["third"] == 0
    assert told["spaces"] == ["low", "ample"]
