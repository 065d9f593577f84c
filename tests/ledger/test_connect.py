from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vigiles.ledger import connect as connecting
from vigiles.ledger.connect import connect, connect_or_start
from vigiles.ledger.home import Home
from vigiles.ledger.recorder import busy, busy_with, take_lock
from vigiles.ledger.schema import is_older
from vigiles.ledger.wire import Welcome, frame
from vigiles.model.errors import InputInvalid, LedgerInvalid, LedgerUnwritable, ProcessLost


def test_nothing_runs(home: Path) -> None:
    assert connect(home) is None
    home.mkdir(mode=0o700)
    assert connect(home) is None
    assert not Home(home).database.exists()


def test_a_socket_file_that_a_crash_left_behind(home: Path) -> None:
    home.mkdir(mode=0o700)
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(Home(home).socket))
    stale.close()
    sock = connect_or_start(home)
    pid = int.from_bytes(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)
    sock.close()
    os.kill(pid, signal.SIGTERM)


@pytest.mark.parametrize("said", [frame(Welcome(99, "log", 0)), b"\0\0\0\4\xc1\xc1\xc1\xc1"], ids=["newer", "garbage"])
def test_a_recorder_of_another_version(home: Path, said: bytes) -> None:
    home.mkdir(mode=0o700)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(Home(home).socket))
    listener.listen()

    def answer() -> None:
        peer, _ = listener.accept()
        peer.recv(100)
        peer.sendall(said)
        peer.close()

    thread = threading.Thread(target=answer)
    thread.start()
    with pytest.raises(InputInvalid, match="another version"):
        connect(home)
    thread.join()
    listener.close()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerUnwritable) as caught:
        connect_or_start(tmp_path / "file" / "home")
    assert "VIGILES_HOME" in caught.value.remedy


def test_the_recorder_starts_light() -> None:
    code = "import sys, vigiles.ledger.service, vigiles.ledger.recorder; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20
    ).stdout.split()
    assert not {"asyncio", "click", "rich", "vigiles.model.union", "vigiles.render"} & set(loaded)


def test_a_recorder_that_is_busy_is_waited_for(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looked: list[str] = []

    def look(at: Home) -> str:
        looked.append(busy(at))
        return looked[-1]

    monkeypatch.setattr(connecting, "busy", look)
    monkeypatch.setattr(connecting, "_START_S", 0.1)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    Home(home).prepare()
    lock = take_lock(Home(home))
    with ThreadPoolExecutor(1) as pool:
        with busy_with(lock, "brings an older ledger up"):
            waiting = pool.submit(connect_or_start, home, idle_exit_s=0.2)
            time.sleep(1.0)
            assert not waiting.done(), "longer than a start may take"
            monkeypatch.setattr(connecting, "_START_S", 30.0)
            looks = len(looked)
            while len(looked) < looks + 2:  # so that the longer time counts from now on
                time.sleep(0.05)
            while "brings" not in (told := capsys.readouterr().err):
                time.sleep(0.05)
            assert told.count("vigiles: the recorder brings an older ledger up") == 1
        assert busy(Home(home)) == ""
        os.close(lock)
        waiting.result(timeout=60).close()


def test_one_that_is_stuck_without_a_word_is_not(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "_START_S", 0.1)
    Home(home).prepare()
    lock = take_lock(Home(home))
    with pytest.raises(ProcessLost, match="does not answer"):
        connect_or_start(home)
    os.close(lock)


def test_an_older_store_is_brought_up_before_the_first_answer(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    shutil.copyfile(Path(__file__).parents[1] / "data" / "ledger" / "schema-1.sqlite3", home.database)
    assert is_older(home.database)
    with pytest.raises((LedgerInvalid, LedgerUnwritable)):
        connect_or_start(home.path, idle_exit_s=0.2)  # its key is not here; its schema is today's all the same
    assert not is_older(home.database)
    assert busy(home) == ""
    assert not is_older(tmp_path / "none")
