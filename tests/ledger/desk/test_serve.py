"""The desk over a real socket; as root also as two users of the machine."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

import vigiles
from vigiles.ledger.desk import serve
from vigiles.ledger.desk.ask import ask_to_list, ask_to_show, checked
from vigiles.ledger.desk.messages import List
from vigiles.ledger.desk.readers import Readers
from vigiles.ledger.desk.serve import desk
from vigiles.ledger.key import load_verifier
from vigiles.model.errors import InputInvalid, LedgerInvalid, NotFound, ProcessLost

SECRET_WORD = "hunter2-in-an-argument"
SOURCE = Path(vigiles.__path__[0]).parent
PACKAGES = Path(msgspec.__file__).parents[1]


@pytest.fixture
def recorded(ledger: Any, make: Any) -> Any:
    ledger.append(*(make.act(number, SECRET_WORD) for number in range(1, 6)))
    ledger.erase([1])
    ledger.book.sign()
    return ledger


@contextmanager
def serving(home: Path, place: Path, readers: Readers | None = None) -> Iterator[list[str]]:
    heard: list[str] = []
    with desk(home, readers or Readers(), place, heard.append) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield heard
        finally:
            made.shutdown()
            thread.join()


def test_the_owner_gets_all_of_it(recorded: Any, short_folder: Callable[[str], Path]) -> None:
    place = short_folder("d") / "desk.sock"
    with serving(recorded.home.path, place) as heard:
        shown = ask_to_show(place, "0")
        assert (shown.right, shown.header.body) == ("bodies", "here")
        assert SECRET_WORD.encode() in (shown.body or b"")
        checkpoint = checked(shown, load_verifier(recorded.home))
        assert checkpoint is not None
        assert checkpoint.size == 6
        assert ask_to_show(place, "1").header.body == "erased"
        assert ask_to_show(place, shown.header.id).header == shown.header
        told = ask_to_list(place, List(type="act", limit=3)).headers
        assert [(one.index, one.type, one.body) for one in told] == [
            (2, "act", "here"),
            (3, "act", "here"),
            (4, "act", "here"),
        ]
        with pytest.raises(NotFound, match="no record 99"):
            ask_to_show(place, "99")
    assert any("show '0'" in line for line in heard)


def test_who_may_read_headers_gets_no_body_and_who_may_read_nothing_gets_nothing(
    recorded: Any, short_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = short_folder("d") / "desk.sock"
    readers = Readers(bodies=frozenset({10}), headers=frozenset({20}))
    asking = [(4242, [20])]
    monkeypatch.setattr(serve, "peer_of", lambda _: asking[0])
    with serving(recorded.home.path, place, readers):
        shown = ask_to_show(place, "0")
        assert (shown.right, shown.header.body, shown.body, shown.secret) == ("headers", "withheld", None, None)
        assert SECRET_WORD not in repr(shown)
        assert checked(shown, load_verifier(recorded.home)) is not None
        assert {one.body for one in ask_to_list(place, List()).headers} == {"withheld", "erased"}
        asking[0] = (4242, [10])
        assert ask_to_show(place, "0").body is not None
        asking[0] = (4242, [30])
        for ask in (lambda: ask_to_show(place, "0"), lambda: ask_to_list(place, List())):
            with pytest.raises(InputInvalid, match="you may not read this ledger") as error:
                ask()
            assert "[readers]" in error.value.remedy


def test_a_forged_answer_is_found(recorded: Any, short_folder: Callable[[str], Path]) -> None:
    place = short_folder("d") / "desk.sock"
    with serving(recorded.home.path, place):
        shown = ask_to_show(place, "0")
    verifier = load_verifier(recorded.home)
    changed = {
        "body": (shown.body or b"").replace(b"hunter2", b"hunter3"),
        "leaf": shown.leaf.replace(b'"act"', b'"dns"'),
        "path": shown.path[::-1],
        "note": (shown.note or b"").replace(b"\n6\n", b"\n7\n"),
    }
    for name, value in changed.items():
        with pytest.raises(LedgerInvalid, match="record 0"):
            checked(msgspec.structs.replace(shown, **{name: value}), verifier)


def test_garbage_and_silence_hold_nobody_up(
    recorded: Any, short_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "TIMEOUT_S", 1.0)
    place = short_folder("d") / "desk.sock"
    with serving(recorded.home.path, place) as heard:
        silent = [socket.socket(socket.AF_UNIX) for _ in range(3)]
        for one in silent:
            one.connect(str(place))
        for raw in (b"\xff" * 64, b"\0\0\0\x04\xc1\xc1\xc1\xc1", b"\0\0\0\x01"):
            with socket.socket(socket.AF_UNIX) as rude:
                rude.connect(str(place))
                rude.sendall(raw)
                rude.shutdown(socket.SHUT_WR)
                with suppress(ConnectionResetError):
                    assert rude.recv(10) == b""
        assert ask_to_show(place, "0").header.index == 0
        for one in silent:
            assert one.recv(1) == b""
    for one in silent:
        one.close()
    assert heard.count("a question that could not be read or answered") == 6


def test_one_place_has_one_desk(recorded: Any, short_folder: Callable[[str], Path]) -> None:
    folder = short_folder("d")
    place = folder / ("long" * 30) / "desk.sock"
    place.parent.mkdir()
    with serving(recorded.home.path, place):
        assert ask_to_show(place, "0").header.index == 0
        with pytest.raises(InputInvalid, match="already"):
            desk(recorded.home.path, Readers(), place, print)
    with serving(recorded.home.path, place):  # over what the one before left behind
        assert ask_to_show(place, "0").header.index == 0
    (folder / "file").write_text("")
    with pytest.raises(InputInvalid, match="no socket"):
        desk(recorded.home.path, Readers(), folder / "file", print)
    with pytest.raises(ProcessLost, match="nobody answers"):
        ask_to_show(folder / "none.sock", "0")
    with pytest.raises(InputInvalid, match="no ledger"):
        desk(folder, Readers(), folder / "b.sock", print)


@pytest.mark.asroot
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become two other users")
def test_two_users_of_one_machine(short_folder: Callable[[str], Path], make: Any) -> None:
    python = shutil.which(f"python{sys.version_info.major}.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin")
    if python is None:
        pytest.skip("no Python of this version that every user may execute")
    owner, reader, auditor, stranger = 64201, 64202, 64203, 64204
    folder = short_folder("two")
    for above in (folder, folder.parent):
        above.chmod(0o755)
    (folder / "home").mkdir(mode=0o700)
    os.chown(folder / "home", owner, owner)
    (folder / "open").mkdir()
    os.chown(folder / "open", owner, owner)
    home, place = folder / "home", folder / "open" / "desk.sock"
    code = "import sys; from vigiles.cli.main import main; sys.argv[0] = 'vigiles'; main()"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{SOURCE}:{PACKAGES}", "LC_ALL": "C.UTF-8"}

    def vigiles_as(uid: int, *words: str, groups: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-c", code, *words],
            capture_output=True, text=True, timeout=60, env=environment, cwd="/",
            user=uid, group=uid, extra_groups=list(groups),
        )  # fmt: skip

    record = (
        "import os, pathlib, sys; from vigiles.ledger.sync_client import SyncRecorderClient;"
        "from vigiles.model.act import Act; from vigiles.ledger.mint import now;"
        "client = SyncRecorderClient(pathlib.Path(sys.argv[1]), idle_exit_s=0.2);"
        f"client.append([Act(id='act-1', at=now(), principal='a', kind='tool_call', tool={SECRET_WORD!r})]);"
        "client.close()"
    )
    subprocess.run(
        [python, "-c", record, str(home)], check=True, timeout=60, env=environment, cwd="/",
        user=owner, group=owner, extra_groups=[],
    )  # fmt: skip
    settings = home / "settings.toml"
    settings.write_text('[readers]\nbodies = ["64300"]\nheaders = ["64400"]\n')
    os.chown(settings, owner, owner)
    served = subprocess.Popen(
        [python, "-c", code, "ledger", "serve", "--home", str(home), "--socket", str(place)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd="/",
        user=owner, group=owner, extra_groups=[],
    )  # fmt: skip
    try:
        assert served.stdout is not None
        assert served.stdout.readline().startswith("serving at")
        show = ("ledger", "show", "act-1", "--json")
        from_files = vigiles_as(reader, *show, "--home", str(home), groups=(64400,))
        assert from_files.returncode != 0
        assert SECRET_WORD not in from_files.stdout + from_files.stderr
        asked = (*show, "--socket", str(place))
        told = vigiles_as(reader, *asked, groups=(64400,))
        assert told.returncode == 0, told.stderr
        header = json.loads(told.stdout)
        assert (header["body"], header["record"], header["header"]["id"]) == ("withheld", None, "act-1")
        assert header["leaf"]["type"] == "act"
        assert header["proof"]["signature"] == "not checked"
        assert SECRET_WORD not in told.stdout
        words = vigiles_as(reader, "ledger", "show", "act-1", "--socket", str(place), groups=(64400,)).stdout
        assert "withheld: you may read headers and commitments" in words
        full = json.loads(vigiles_as(auditor, *asked, groups=(64300,)).stdout)
        assert full["record"]["tool"] == SECRET_WORD
        refused = vigiles_as(stranger, *asked)
        assert refused.returncode == 100
        assert "you may not read this ledger" in refused.stderr
        assert SECRET_WORD not in refused.stdout + refused.stderr
    finally:
        served.terminate()
        _, log = served.communicate(timeout=30)
    assert f"user {stranger}, who may read nothing" in log
    assert not place.exists()
