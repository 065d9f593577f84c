"""A ledger on a bad day: the disk turns read-only, the clock jumps both ways, somebody starts a second recorder by force."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.home import Home
from vigiles.ledger.key import load_verifier
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.reader import Reader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.ledger.verify import Report, verify
from vigiles.model.errors import VigilesError


def check(home: Path) -> Report:
    reader = Reader(Home(home).database)
    try:
        report = verify(reader.entries(), reader.checkpoints(), str(load_verifier(Home(home))))
        report.problems += reader.damage()
        return report
    finally:
        reader.close()


def leave(client: SyncRecorderClient) -> None:
    """End the recorder in order, and return when its files are settled."""
    os.kill(client.recorder_pid, signal.SIGTERM)
    client._sock.settimeout(20)
    while client._sock.recv(4096):
        pass


READ_ONLY = r"""
import json, os, signal, sys, time
from pathlib import Path
from vigiles.kernel import mounts, namespaces
uid, gid = os.getuid(), os.getgid()
namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNS)
namespaces.map_self(uid, uid, gid, gid)
mounts.private_tree()
disk = Path(sys.argv[1])
mounts.mount("tmpfs", str(disk), "tmpfs", 0, "size=64m")
home = disk / "home"
home.mkdir(mode=0o700)
from vigiles.cli.ledger import verify
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.errors import VigilesError
READONLY, REMOUNT = 1, 32
told = {}

def act():
    return Act(id=new_id("act"), at=now(), principal="a", kind="tool_call", tool="t")

def failure(do):
    try:
        do()
    except VigilesError as error:
        return [type(error).__name__, str(error), error.remedy]
    return None

def turn(flags):
    for _ in range(500):
        try:
            mounts.mount("tmpfs", str(disk), "tmpfs", REMOUNT | flags, "size=64m")
        except OSError:
            time.sleep(0.02)  # the recorder that leaves still holds its log open for writing
        else:
            return
    raise TimeoutError("it stays busy")

def end(client):
    os.kill(client.recorder_pid, signal.SIGTERM)
    client._sock.settimeout(20)
    while client._sock.recv(4096):
        pass

with SyncRecorderClient(home) as client:
    client.append([act(), act()])
    end(client)
turn(READONLY)
told["start"] = failure(lambda: SyncRecorderClient(home))
told["verify"] = verify.run(verify.Options(home))
turn(0)
with SyncRecorderClient(home) as client:
    told["again"] = client.append([act()])
    end(client)
told["verify_again"] = verify.run(verify.Options(home))
sys.stdout.flush()
print("\n" + json.dumps(told))
"""


def test_on_a_read_only_disk_nothing_is_recorded_and_everything_can_be_verified(tmp_path: Path) -> None:
    if os.geteuid() != 0 and subprocess.run(["unshare", "-Ur", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs user namespaces, which are refused here")
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    kind, message, remedy = told["start"]
    assert kind == "LedgerUnwritable"
    assert "Read-only" in message
    assert remedy
    assert (told["verify"], told["again"], told["verify_again"]) == (0, [2], 0)


#: Every look at the wall clock is somewhere else: yesterday, the next century, before 1970, and back.
JUMPING = r"""
import itertools, sys, time
real = time.time_ns
jumps = itertools.cycle([0, -86_400, 10 * 365 * 86_400, -60 * 365 * 86_400, 3, -3, 80 * 365 * 86_400])
time.time_ns = lambda: real() + next(jumps) * 10**9
from vigiles.ledger.recorder import main
sys.exit(main(["--home", sys.argv[1], "--idle-exit", "0.2"]))
"""


def test_clocks_that_jump_both_ways_change_neither_order_nor_proof(
    home: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = subprocess.Popen([sys.executable, "-P", "-c", JUMPING, str(home)])
    deadline = time.monotonic() + 20
    while not Home(home).socket.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    real, ids = time.time_ns, []
    with SyncRecorderClient(home) as client:
        assert client.recorder_pid == recorder.pid
        for number, years in enumerate([0, 70, -55, -70, 0, -1, 1, 180, 0]):
            monkeypatch.setattr(time, "time_ns", lambda years=years: real() + years * 365 * 86_400 * 10**9)
            record = make.act(number)
            ids.append(record.id)
            assert client.append([record]) == [number], "the order is that of writing, whatever the clocks say"
            if number == 4:
                time.sleep(1.5)  # a checkpoint comes by itself all the same: waits do not hang on the wall clock
                assert check(home).signed >= 4
        monkeypatch.setattr(time, "time_ns", real)
    assert recorder.wait(10) == 0, "it leaves when nobody needs it"
    report = check(home)
    assert (report.problems, report.unsigned) == ([], 0)
    with LedgerReader(home) as reader:
        assert [record.id for _, record in reader.records()] == ids
        late = time.time_ns() // 1000 + 50 * 365 * 86_400 * 10**6
        assert [index for index, _ in reader.records(since_us=late)] == [1, 7]


def test_another_boot_and_its_younger_clock_go_on(home: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a boot the monotonic clock begins anew, and so it may be behind every record before."""
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        leave(client)
    monkeypatch.setattr(time, "monotonic_ns", lambda: 1)
    with SyncRecorderClient(home) as client:
        assert client.append([make.act()]) == [1]
        leave(client)
    assert check(home).problems == []
    with LedgerReader(home) as reader:
        first, second = (record.at.mono_us for _, record in reader.records())
    assert second < first


def test_a_second_recorder_by_another_path_or_without_the_lock_file(home: Path, make: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vigiles.ledger.recorder", "--idle-exit", "1", "--home"]
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        alias = tmp_path / "alias"
        alias.symlink_to(home)
        second = subprocess.run([*command, str(alias)], capture_output=True, text=True, timeout=20, check=False)
        assert "another recorder already serves" in second.stderr
        # Somebody removes the lock by force. Two now write one store; neither may sign what the other did not write.
        Home(home).lock.unlink()
        forced = subprocess.Popen([*command, str(home)], stderr=subprocess.PIPE)
        other = SyncRecorderClient(home)
        while other.recorder_pid != forced.pid:
            other.close()
            time.sleep(0.02)
            other = SyncRecorderClient(home)
        assert other.append([make.act(), make.act()]) == [1, 2]
        for _ in range(2):
            with pytest.raises(VigilesError):
                client.append([make.act()])
            other.append([make.act()])
        leave(client)
        other.close()
        forced.communicate(timeout=20)
    report = check(home)
    assert (report.problems, report.size) == ([], 5)


def test_a_copy_that_went_its_own_way_is_a_fork(home: Path, make: Any, tmp_path: Path) -> None:
    """Two homes with one key, both written: each verifies alone, and neither with what the other signed."""
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        leave(client)
    other = tmp_path / "other"
    shutil.copytree(home, other, ignore=shutil.ignore_patterns("*.sock"))
    notes = []
    for place in (home, other):
        with SyncRecorderClient(place) as client:
            client.append([make.act()])
            leave(client)
        assert check(place).problems == []
        reader = Reader(Home(place).database)
        notes.append(reader.checkpoints()[-1])
        entries, own = list(reader.entries()), reader.checkpoints()
        reader.close()
    report = verify(entries, own, str(load_verifier(Home(home))), elsewhere=[notes[0]])
    assert any("forked" in problem.what for problem in report.problems)
