"""The ledger's reserve, and what it is for: a disk that is really full, on a small one of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from vigiles.ledger.reserve import DEFAULT_BYTES, Reserve, wanted_bytes
from vigiles.ledger.wire import GIVEN_UP
from vigiles.model.errors import InputInvalid
from vigiles.model.observation.base import Observation
from vigiles.model.union import Recorded


def test_it_takes_space_and_gives_it_free(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 1 << 20)
    assert reserve.set_aside()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 1 << 20
    assert (tmp_path / "reserve").stat().st_mode & 0o777 == 0o600
    assert reserve.give_free()
    assert reserve.low
    assert not reserve.give_free(), "there is nothing left to give"
    assert reserve.set_aside()
    assert not reserve.low


def test_one_that_does_not_fit_is_low_from_the_start(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 1 << 60)
    assert not reserve.set_aside()
    assert reserve.low
    assert not (tmp_path / "reserve").exists()


def test_none_is_never_low(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 0)
    assert reserve.set_aside()
    assert not reserve.give_free()
    assert not reserve.low
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / "reserve").symlink_to(other)
    reserve = Reserve(tmp_path / "reserve", 4096)
    reserve.set_aside()
    assert other.read_text() == "mine"


def test_its_size_is_told_by_a_file(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    assert wanted_bytes(path) == DEFAULT_BYTES
    path.write_text("65536\n")
    assert wanted_bytes(path) == 65536
    path.write_text("16 MiB")
    with pytest.raises(InputInvalid) as error:
        wanted_bytes(path)
    assert error.value.remedy


def test_what_is_given_up_is_what_was_seen_and_not_what_is_told_of_it() -> None:
    seen = {kind.__struct_config__.tag for kind in get_args(Recorded) if issubclass(kind, Observation)}
    assert seen - {"gap", "flood", "shell_state", "limit_met"} == GIVEN_UP


ON_A_SMALL_DISK = r"""
import asyncio, json, os, sys, time
from pathlib import Path
from vigiles.kernel import mounts, namespaces
uid, gid = os.getuid(), os.getgid()
namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNS)
namespaces.map_self(uid, uid, gid, gid)
mounts.private_tree()
disk = Path(sys.argv[1])
mounts.mount("tmpfs", str(disk), "tmpfs", 0, "size=6m")
home = disk / "home"
home.mkdir(mode=0o700)
(home / "ledger.reserve-bytes").write_text(str(1 << 20))

from vigiles.ledger.client import RecorderClient
from vigiles.ledger.home import Home
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.attribution import NOBODY
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.errors import LedgerUnwritable
from vigiles.model.observation.network import Bind

PLACE = Coordinates(run="r", episode="e", call=1)
told = {}

def act(size=100):
    return Act(id=new_id("act"), at=now(), coordinates=PLACE, principal="a", kind="tool_call", tool="t",
               arguments={"command": "x" * size})

def bind():
    return Bind(id=new_id("obs"), at=now(), coordinates=PLACE, sensor="notifier", attribution=NOBODY, pid=1,
                family="unix", transport="unix", address="x" * 500, port=0)

def opened():
    return EpisodeOpened(id=new_id("eop"), at=now(), coordinates=PLACE, principal="p", profile="x", ruleset="d", tier="U")

async def until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)

def fill():
    with open(disk / "filler", "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass

async def main():
    client = await RecorderClient.connect(home)
    await client.append([opened(), act()])
    await until((home / "ledger.reserve").exists)
    told["reserve"] = (home / "ledger.reserve").stat().st_size
    fill()
    acts = 0
    while not client.low:
        await client.append([act(20_000)])
        acts += 1
        assert acts < 500
    told["acts_until_low"] = acts
    fill_free = Path(home / "ledger.reserve").exists()
    told["reserve_left"] = fill_free
    for _ in range(20):
        await client.append([act()])
    for _ in range(1000):
        client.post(bind())
    await client.append([act()])
    told["lost"] = client.lost
    told["failing"] = client.failing_since is not None
    try:
        await client.append([opened()])
        told["refused"] = None
    except LedgerUnwritable as error:
        told["refused"] = [str(error), error.remedy]
    with SyncRecorderClient(home) as other:
        try:
            other.append([bind()])
            told["observation"] = None
        except LedgerUnwritable as error:
            told["observation"] = str(error)
        told["other_low"] = other.low
        other.append([act()])
    await client.append([EpisodeEnded(id=new_id("eed"), at=now(), coordinates=PLACE, reason="ledger_unwritable")])
    os.unlink(disk / "filler")
    await until(lambda: not client.low)
    told["reserve_again"] = (home / "ledger.reserve").stat().st_size
    await client.append([opened(), act(), bind()])
    pid = None
    await client.close()
    with SyncRecorderClient(home) as other:
        pid = other.recorder_pid
    os.kill(pid, 15)
    await until(lambda: not Home(home).socket.exists())
    await until(lambda: not (home / "ledger.reserve").exists())

asyncio.run(main())
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.reader import Reader
from vigiles.ledger.verify import verify
with LedgerReader(home) as reader:
    records = [record for _, record in reader.records()]
told["spaces"] = [record.state for record in records if type(record).__name__ == "LedgerSpace"]
told["gaps"] = sum(record.count for record in records if type(record).__name__ == "Gap")
told["ends"] = sum(type(record).__name__ == "EpisodeEnded" and record.reason == "ledger_unwritable" for record in records)
told["binds"] = sum(type(record).__name__ == "Bind" for record in records)
reader = Reader(Home(home).database)
told["problems"] = verify(reader.entries(), reader.checkpoints(), Home(home).verifier.read_text().strip()).problems
reader.close()
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen on a disk of 6 MiB that filled up and got room again."""
    if os.geteuid() != 0 and not _has_user_namespaces():
        pytest.skip("needs user namespaces, which are refused here")
    folder = tmp_path_factory.mktemp("disk")
    played = subprocess.run(
        [sys.executable, "-c", ON_A_SMALL_DISK, str(folder)], capture_output=True, text=True, timeout=90, check=False
    )
    assert played.returncode == 0, played.stderr
    told: dict[str, Any] = json.loads(played.stdout)
    return told


def _has_user_namespaces() -> bool:
    return subprocess.run(["unshare", "-Ur", "true"], capture_output=True, check=False).returncode == 0


def test_acts_go_on_when_the_disk_is_full(small_disk: dict[str, Any]) -> None:
    assert small_disk["reserve"] == 1 << 20
    assert not small_disk["reserve_left"]
    assert small_disk["ends"] == 1
    assert small_disk["problems"] == []


def test_observations_are_given_up_and_counted(small_disk: dict[str, Any]) -> None:
    assert small_disk["lost"] == 1000
    assert small_disk["gaps"] == 1000
    assert small_disk["binds"] == 1
    assert not small_disk["failing"], "it is low, but it takes what matters"
    assert "full" in small_disk["observation"]
    assert small_disk["other_low"], "whoever comes then is told"


def test_no_episode_begins_meanwhile(small_disk: dict[str, Any]) -> None:
    message, remedy = small_disk["refused"]
    assert "full" in message
    assert "Make room" in remedy


def test_the_reserve_is_filled_again(small_disk: dict[str, Any]) -> None:
    assert small_disk["reserve_again"] == 1 << 20
    assert small_disk["spaces"] == ["low", "ample"]
