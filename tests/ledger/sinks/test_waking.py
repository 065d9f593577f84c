"""The recorder with sinks: a real recorder, a real sender, servers on loopback."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.connect import connect
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_verifier
from vigiles.ledger.notes_file import split_notes
from vigiles.ledger.reader import Reader
from vigiles.ledger.sinks.state import load_state
from vigiles.ledger.sinks.waking import Waking
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.ledger.verify import verify
from vigiles.model.errors import InputInvalid


def wait_for(condition: Callable[[], object], seconds: float = 25.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def leave(client: SyncRecorderClient) -> None:
    """End the recorder in order, and return when its files are settled."""
    os.kill(client.recorder_pid, signal.SIGTERM)
    client._sock.settimeout(20)
    while client._sock.recv(4096):
        pass


def senders(home: Path) -> list[int]:
    """The living senders of a home."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
            if b"vigiles.ledger.sinks.sender" in words and str(home).encode() in words:
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def settings(home: Path, text: str) -> None:
    home.mkdir(mode=0o700, exist_ok=True)
    Home(home).settings.write_text(text)


def kept(path: Path) -> list[bytes]:
    return split_notes(path.read_bytes()).whole if path.exists() else []


@pytest.fixture(autouse=True)
def _end_what_was_started(home: Path) -> Iterator[None]:
    yield
    sock = connect(home)
    if sock is not None:
        pid = int.from_bytes(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)
        sock.close()
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not senders(home))


def test_checkpoints_arrive_by_themselves_and_the_last_one_after_the_recorder_left(
    home: Path, make: Any, tmp_path: Path, serve: Any, witness_of: Any
) -> None:
    server, path = serve(), tmp_path / "kept"
    settings(home, f'[sinks.disk]\nkind = "file"\npath = "{path}"\n[sinks.hook]\nkind = "webhook"\nurl = "{server.url}"\n')
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        wait_for(lambda: kept(path) and server.bodies)
        assert len(senders(home)) == 1
        client.append([make.act(), make.act()])
        leave(client)
    wait_for(lambda: not senders(home))
    reader = Reader(Home(home).database)
    notes = reader.checkpoints()
    report = verify(reader.entries(), notes, str(load_verifier(Home(home))), elsewhere=kept(path))
    reader.close()
    assert (report.problems, report.signed) == ([], 3)
    assert kept(path) == notes == server.bodies
    assert load_state(Home(home), "hook", server.url).delivered == 3


def test_without_settings_there_is_no_sender(home: Path, make: Any) -> None:
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        time.sleep(1.2)
        assert senders(home) == []
    assert not Home(home).sinks.exists()


def test_settings_that_cannot_be_used_stop_the_start(home: Path) -> None:
    settings(home, '[sinks.disk]\nkind = "file"\npath = "here"\n')
    with pytest.raises(InputInvalid, match=r"settings\.toml: sinks\.disk\.path") as caught:
        SyncRecorderClient(home)
    assert caught.value.remedy


def test_a_sink_that_hangs_holds_up_neither_appends_nor_other_sinks(
    home: Path, make: Any, tmp_path: Path, serve: Any
) -> None:
    hanging, path = threading.Event(), tmp_path / "kept"
    server = serve(lambda _, body: (hanging.wait(20), (200, "text/plain", b""))[1])
    settings(home, f'[sinks.hook]\nkind = "webhook"\nurl = "{server.url}"\n[sinks.disk]\nkind = "file"\npath = "{path}"\n')
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        wait_for(lambda: server.bodies)
        for number in range(30):
            began = time.monotonic()
            client.append([make.act(number)])
            assert time.monotonic() - began < 5
        wait_for(lambda: b"\n31\n" in b"".join(kept(path)))
        assert len(server.bodies) == 1
        hanging.set()
        wait_for(lambda: b"\n31\n" in server.bodies[-1])


def test_what_could_not_be_delivered_is_delivered_by_the_next_recorder(home: Path, make: Any, serve: Any) -> None:
    server = serve(lambda _, body: (503, "text/plain", b""))
    settings(home, f'[sinks.hook]\nkind = "webhook"\nurl = "{server.url}"\n')
    for _ in range(2):
        with SyncRecorderClient(home) as client:
            client.append([make.act()])
            leave(client)
        wait_for(lambda: not senders(home))
    assert load_state(Home(home), "hook", server.url).failures >= 2
    assert "sink hook: the server answered 503" in Home(home).log.read_text()
    server.answer = lambda _, body: (200, "text/plain", b"")
    server.got.clear()
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        leave(client)
    wait_for(lambda: not senders(home))
    reader = Reader(Home(home).database)
    assert server.bodies == reader.checkpoints()
    reader.close()


def test_a_sender_that_was_killed_is_started_again(
    home: Path, make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigiles.ledger.sinks.waking._AGAIN_S", 0.0)
    settings(home, f'[sinks.disk]\nkind = "file"\npath = "{tmp_path / "kept"}"\n')
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        leave(client)
    wait_for(lambda: not senders(home))
    said: list[str] = []
    waking = Waking(Home(home), said.append)
    waking.signed()
    wait_for(lambda: len(senders(home)) == 1)
    (first,) = senders(home)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not senders(home))
    waking.signed()
    wait_for(lambda: senders(home) not in ([], [first]))
    waking.close()
    wait_for(lambda: not senders(home))
    assert waking._process is not None
    waking._process.wait(10)
    assert said == []


def test_a_killed_recorder_leaves_no_sender_behind(home: Path, make: Any, tmp_path: Path) -> None:
    settings(home, f'[sinks.disk]\nkind = "file"\npath = "{tmp_path / "kept"}"\n')
    with SyncRecorderClient(home) as client:
        client.append([make.act()])
        wait_for(lambda: senders(home))
        os.kill(client.recorder_pid, signal.SIGKILL)
    wait_for(lambda: not senders(home))
