"""A recorder killed at random points, its start included: what was answered is there, and the next one goes on.

70 times in every run; ``VIGILES_KILLS=1000`` makes it 400 (and ``tests/runtime/test_killed.py`` kills supervisors and doors
300 times each).
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.connect import connect
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_verifier
from vigiles.ledger.reader import Reader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.ledger.verify import verify
from vigiles.model.errors import LedgerUnwritable

WHOLE = os.environ.get("VIGILES_KILLS") == "1000"
KILLS = 400 if WHOLE else 70
#: Verify everything after so many kills; what was answered last is looked for after each.
_WHOLE = 20
#: A recorder that folds often, signs often, and begins at once.
_RECORDER = """
import sys
import vigiles.ledger.folding as f, vigiles.ledger.service as s
f._ROWS, f._MOST_PAGES = 15, 40
s.Timing.__init__.__defaults__ = (0.005, 0.02, 10.0, 2.0)
from vigiles.ledger.recorder import main
sys.exit(main(["--home", sys.argv[1]]))
"""


class Writers:
    """Threads that append until the recorder is gone, and remember what was answered."""

    def __init__(self, home: Path, make: Any) -> None:
        self.home, self.make = home, make
        self.answered: dict[int, str] = {}
        self._threads = [threading.Thread(target=self._write) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def _write(self) -> None:
        deadline = time.monotonic() + 20
        sock = None
        while sock is None and time.monotonic() < deadline:
            try:
                sock = connect(self.home)
            except OSError:
                return
            if sock is None:
                time.sleep(0.005)
            if self.ended:
                return
        client = SyncRecorderClient.__new__(SyncRecorderClient)
        client.__dict__.update(_sock=sock, _incoming=bytearray(), _request=0, lost=0, low=False)
        try:
            while True:
                client.post(self.make.flow("example.org"))
                records = [self.make.act(n, command="x" * 300) for n in range(3)]
                for index, record in zip(client.append(records), records, strict=True):
                    self.answered[index] = record.id
        except LedgerUnwritable:
            pass
        finally:
            client.close()

    ended = False

    def join(self) -> dict[int, str]:
        self.ended = True
        for thread in self._threads:
            thread.join(30)
        return self.answered


def held(home: Path, indexes: list[int]) -> dict[int, str]:
    reader = Reader(Home(home).database)
    try:
        marks = ",".join("?" * len(indexes))
        return dict(reader.db.execute(f"SELECT idx, id FROM entries WHERE idx IN ({marks})", indexes))
    finally:
        reader.close()


def problems(home: Path) -> list[Any]:
    reader = Reader(Home(home).database)
    try:
        return [*verify(reader.entries(), reader.checkpoints(), str(load_verifier(Home(home)))).problems, *reader.damage()]
    finally:
        reader.close()


@pytest.mark.timeout(1800 if WHOLE else 180)
def test_a_recorder_killed_at_random_points(home: Path, make: Any) -> None:
    chance = random.Random(4)
    reached = answered = 0
    kept: dict[int, str] = {}
    for turn in range(KILLS):
        recorder = subprocess.Popen([sys.executable, "-P", "-c", _RECORDER, str(home)], stderr=subprocess.PIPE)
        try:
            writers = Writers(home, make)
            if turn % 4:  # else anywhere in its start
                deadline = time.monotonic() + 20
                while not writers.answered and recorder.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.001)
                time.sleep(chance.random() * 0.06)
            else:
                time.sleep(chance.random() * 0.35)
            recorder.kill()
        finally:
            recorder.kill()
            _, said = recorder.communicate(timeout=20)
        assert recorder.returncode == -signal.SIGKILL, said.decode()
        told = writers.join()
        reached, answered = reached + bool(told), answered + len(told)
        kept |= told
        assert len(kept) == answered, "an index was given twice"
        newest = sorted(told)[-900:]
        if newest:
            assert held(home, newest) == {index: told[index] for index in newest}
        if turn % _WHOLE == _WHOLE - 1:
            assert problems(home) == []
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        recorder_pid = client.recorder_pid
    assert reached >= KILLS // 2
    for start in range(0, len(kept), 500):
        some = sorted(kept)[start : start + 500]
        assert held(home, some) == {index: kept[index] for index in some}
    os.kill(recorder_pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while Home(home).socket.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert problems(home) == []
    print(f"{KILLS} kills, {reached} while it was answering, {answered} records answered")


def test_a_killed_recorders_socket_is_nobodys(home: Path, make: Any) -> None:
    """What a killed recorder left (socket, lock, reserve) does not stop the next one."""
    with SyncRecorderClient(home) as client:
        os.kill(client.recorder_pid, signal.SIGKILL)
    assert Home(home).socket.exists()
    stale = socket.socket(socket.AF_UNIX)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            stale.connect(str(Home(home).socket))
        except ConnectionRefusedError:
            break
        stale.close()
        stale = socket.socket(socket.AF_UNIX)
    stale.close()
    with SyncRecorderClient(home) as client:
        assert client.append([make.act()]) == [0]
        os.kill(client.recorder_pid, signal.SIGTERM)
