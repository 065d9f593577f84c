from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec
import pytest

from vigiles.cell.changes import held_list
from vigiles.cell.changes.held_files import Held
from vigiles.cell.changes.held_list import HeldList
from vigiles.model.errors import InputInvalid


def held(path: str, kept: str | None = None) -> Held:
    return Held(path=path, change="created", kind="file", reason="flagged", flags=["git_hook"], kept=kept)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    folder = held_list.folder_of(tmp_path, "ep-1")
    assert folder == tmp_path / "held-files/ep-1"
    assert held_list.load(folder) is None
    listed = HeldList(workdir="/w", held=[held("a", "0001-a"), held("b")])
    held_list.save(folder, listed)
    assert held_list.load(folder) == listed
    assert os.listdir(folder) == ["held.json"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "held.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"workdir": "/w", "held": [{}]}', b"\xff", b'{"workdir": 1, "held": []}']
)
def test_a_list_that_cannot_be_read_is_an_error_with_a_remedy(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "held.json").write_bytes(text)
    with pytest.raises(InputInvalid) as caught:
        held_list.load(tmp_path)
    assert "by hand" in caught.value.remedy


def test_a_save_that_fails_leaves_the_old_list(tmp_path: Path) -> None:
    old = HeldList(workdir="/w", held=[held("a")])
    held_list.save(tmp_path, old)
    broken = msgspec.structs.replace(held("b"), path="\ud800")
    with pytest.raises(UnicodeEncodeError):
        held_list.save(tmp_path, HeldList(workdir="/w", held=[broken]))
    assert held_list.load(tmp_path) == old
    assert os.listdir(tmp_path) == ["held.json"]


def test_what_is_settled_leaves_the_list_and_then_its_copy(tmp_path: Path) -> None:
    for name in ("0001-a", "0002-b", "0003-orphan", ".held-0123456789abcdef", "mine.txt"):
        (tmp_path / name).write_text("x")
    listed = HeldList(workdir="/w", held=[held("a", "0001-a"), held("b", "0002-b")])
    held_list.save(tmp_path, listed)
    rest = held_list.settle(tmp_path, listed, listed.held[0])
    assert rest.held == [listed.held[1]]
    assert held_list.load(tmp_path) == rest
    assert sorted(os.listdir(tmp_path)) == ["0002-b", "held.json", "mine.txt"], "what is not ours stays"


def test_one_hand_at_a_time(tmp_path: Path) -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        with held_list.locked(tmp_path):
            order.append("second")

    thread = threading.Thread(target=second)
    with held_list.locked(tmp_path):
        thread.start()
        inside.wait(0.1)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
