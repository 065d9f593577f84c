from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigiles.cell.changes.held_files import Hold
from vigiles.cell.changes.places import beside, fingerprint, link_fingerprint, look, open_below, open_handle, shown


@pytest.fixture
def root(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/file").write_text("one")
    (tmp_path / "out").symlink_to("/etc")
    (tmp_path / "l").symlink_to("d/file")
    os.mkfifo(tmp_path / "pipe")
    fd = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield fd
    os.close(fd)


@pytest.mark.parametrize("path", ["out", "d/file", "nowhere", "d/nowhere/deeper"])
def test_a_folder_behind_a_link_or_missing_is_held(root: int, path: str) -> None:
    with pytest.raises(Hold) as caught:
        open_below(root, path)
    assert caught.value.reason == "not_a_folder"
    with pytest.raises(Hold):
        open_handle(root, f"{path}/x")


def test_looks_follow_nothing(root: int) -> None:
    assert look(root, "nothing") is None
    info = look(root, "l")
    assert info is not None
    assert info.st_size == len("d/file")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("nowhere", "nothing"),
        ("nowhere/deep", "nothing"),
        ("d", "folder:"),
        ("pipe", "other:"),
        ("out/passwd", "unreachable"),
        ("d/file/x", "unreachable"),
    ],
)
def test_the_kinds_of_what_stands(root: int, path: str, kind: str) -> None:
    assert fingerprint(root, path).startswith(kind)


def test_contents_tell_files_and_targets_tell_links(root: int, tmp_path: Path) -> None:
    assert fingerprint(root, "d/file") == f"file:{hashlib.sha256(b'one').hexdigest()}"
    assert fingerprint(root, "l") == link_fingerprint("d/file")
    before = fingerprint(root, "d")
    os.rename(tmp_path / "d", tmp_path / "e")
    (tmp_path / "d").mkdir()
    assert fingerprint(root, "d") != before, "another folder of the same name is another"


def test_a_huge_file_is_told_without_reading_it(root: int, tmp_path: Path) -> None:
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(1 << 40)
    first = fingerprint(root, "huge")
    assert first.startswith("large:")
    os.utime(tmp_path / "huge", (1, 1))
    assert fingerprint(root, "huge") != first


def test_what_is_made_beside_takes_the_place_or_goes(root: int, tmp_path: Path) -> None:
    with beside(root, "new") as name:
        (tmp_path / name).write_text("whole")
    assert (tmp_path / "new").read_text() == "whole"


def test_what_was_made_beside_goes_if_it_fails(root: int, tmp_path: Path) -> None:
    (tmp_path / "new").write_text("whole")

    def fail() -> None:
        with beside(root, "new") as name:
            (tmp_path / name).write_text("half")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert (tmp_path / "new").read_text() == "whole"
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".vigiles-")]


def test_a_path_is_shown_as_text_that_a_record_can_carry() -> None:
    assert shown("a\udcffb") == "a\\xffb"


def test_a_folder_is_another_when_anything_below_it_is(tmp_path: Path) -> None:
    root = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        (tmp_path / "hooks/deep").mkdir(parents=True)
        (tmp_path / "hooks/one").write_text("1")
        first = fingerprint(root, "hooks")
        assert fingerprint(root, "hooks") == first
        (tmp_path / "hooks/deep/mine").write_text("added since")
        second = fingerprint(root, "hooks")
        (tmp_path / "hooks/one").write_text("22")
        assert len({first, second, fingerprint(root, "hooks")}) == 3
    finally:
        os.close(root)
