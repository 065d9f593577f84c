from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vigiles.ledger.connect import connect, connect_or_start
from vigiles.ledger.home import Home
from vigiles.ledger.wire import Welcome, frame
from vigiles.model.errors import InputInvalid, LedgerUnwritable


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
