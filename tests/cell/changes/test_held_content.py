from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell.changes.held_content import READ, kept, present
from vigiles.cell.changes.held_files import Held
from vigiles.cell.changes.held_list import HeldList


def held(path: str = "f", **more: Any) -> Held:
    return Held(**{"path": path, "change": "created", "kind": "file", "reason": "flagged", **more})


def test_the_kept_side_is_what_was_recorded_or_none(tmp_path: Path) -> None:
    (tmp_path / "0001-f").write_bytes(b"one")
    one = held(kept="0001-f", sha256=hashlib.sha256(b"one").hexdigest(), size=3)
    assert kept(tmp_path, one) == b"one"
    (tmp_path / "0001-f").write_bytes(b"two")
    assert kept(tmp_path, one) is None
    assert kept(tmp_path, held()) is None
    assert kept(tmp_path, held(kept="../x", sha256="")) is None
    assert kept(tmp_path, held(kept="0002-none", sha256="")) is None
    assert kept(tmp_path, held(kept="0001-f", size=READ + 1)) is None


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "d").mkdir(parents=True)
    (folder / "d/one").write_text("1")
    (folder / "f").write_text("text")
    (folder / "f").chmod(0o640)
    (folder / "l").symlink_to("/etc")
    os.mkfifo(folder / "p")
    with open(folder / "huge", "wb") as file:
        file.truncate(READ + 1)
    return folder


@pytest.mark.parametrize(
    ("path", "kind"),
    [("f", "file"), ("d", "folder"), ("l", "link"), ("p", "other"), ("no", "nothing"), ("l/passwd", "unreachable")],
)
def test_the_present_side(workdir: Path, path: str, kind: str) -> None:
    assert present(HeldList(workdir=os.path.realpath(workdir), held=[]), held(path)).kind == kind


def test_what_is_told_of_the_present_side(workdir: Path) -> None:
    listed = HeldList(workdir=os.path.realpath(workdir), held=[])
    file = present(listed, held("f"))
    assert (file.content, file.size, file.mode) == (b"text", 4, 0o640)
    assert file.fingerprint == f"file:{hashlib.sha256(b'text').hexdigest()}"
    assert present(listed, held("l")).target == "/etc"
    assert present(listed, held("d")).entries == 1
    huge = present(listed, held("huge"))
    assert (huge.content, huge.size) == (None, READ + 1)


def test_a_work_directory_that_is_gone(tmp_path: Path) -> None:
    assert present(HeldList(workdir=str(tmp_path / "gone"), held=[]), held()).kind == "unreachable"
