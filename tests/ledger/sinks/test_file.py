from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.delivering import NotDelivered
from vigiles.ledger.home import Home
from vigiles.ledger.notes_file import read_notes
from vigiles.ledger.sinks import file
from vigiles.ledger.sinks.settings import FileSink


def test_it_only_appends(tmp_path: Path, signed: Any) -> None:
    notes = signed(3)
    sink = FileSink(path=str(tmp_path / "kept"))
    (tmp_path / "kept").write_bytes(b"what was there before\n")
    file.deliver(sink, notes[:1])
    before = (tmp_path / "kept").read_bytes()
    file.deliver(sink, notes[1:])
    assert (tmp_path / "kept").read_bytes().startswith(before)
    assert read_notes(tmp_path / "kept").whole == notes


@pytest.mark.parametrize("path", ["/dev/full", "/no/such/folder/file", "/proc/version"])
def test_a_place_that_takes_nothing(path: str, signed: Any) -> None:
    with pytest.raises(NotDelivered, match=path) as caught:
        file.deliver(FileSink(path=path), signed(1))
    assert not caught.value.conflict


def test_a_pipe_is_no_file_and_holds_up_nobody(tmp_path: Path, signed: Any) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotDelivered, match="not an ordinary file"):
        file.deliver(FileSink(path=str(tmp_path / "pipe")), signed(1))


def test_it_says_that_it_is_on_the_same_disk(tmp_path: Path, home: Path) -> None:
    home.mkdir(exist_ok=True)
    assert file.remark(FileSink(path=str(tmp_path / "kept")), Home(home)) == "on the same disk as the ledger"
    assert file.remark(FileSink(path="/dev/shm/kept"), Home(home)) == ""
    assert file.remark(FileSink(path="/no/such/folder/kept"), Home(home)) == ""
