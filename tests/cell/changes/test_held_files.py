from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.cell.changes.held_files import Held, Keeper, Kept, copy, raw_of
from vigiles.cell.changes.places import shown

Source = Callable[[bytes], int]


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    """Make open files with a content."""
    opened: list[int] = []

    def make(content: bytes) -> int:
        path = tmp_path / f"source{len(opened)}"
        path.write_bytes(content)
        opened.append(os.open(path, os.O_RDONLY))
        return opened[-1]

    yield make
    for fd in opened:
        os.close(fd)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".git/hooks/pre-commit", "0001-pre-commit"),
        ("a/.git", "0001-.git"),
        ("x/\x1b[31mred\nline", "0001-31mredline"),
        ("../../bad\udcff", "0001-bad"),
        ("n" * 200, "0001-" + "n" * 80),
        ("日本", "0001-"),
    ],
)
def test_the_name_is_ours(tmp_path: Path, source: Source, path: str, name: str) -> None:
    folder = tmp_path / "held/files"
    assert Keeper(folder).keep(source(b"evil"), path) == Kept(name, hashlib.sha256(b"evil").hexdigest(), 4)
    assert os.listdir(folder) == [name]
    assert (folder / name).read_bytes() == b"evil"


def test_nobody_else_may_read_it_and_nobody_may_run_it(tmp_path: Path, source: Source) -> None:
    folder = tmp_path / "held"
    name = Keeper(folder).keep(source(b"#!/bin/sh\n"), "hook").name
    assert name is not None
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / name).stat().st_mode & 0o7777 == 0o600


def test_limits(tmp_path: Path, source: Source) -> None:
    keeper = Keeper(tmp_path / "held", files=2, bytes_=10)
    assert keeper.keep(source(b"x" * 11), "long") == Kept(None, size=11)
    assert keeper.keep(source(b"x" * 8), "a").name == "0001-a"
    assert keeper.keep(source(b"x" * 3), "b").name is None
    assert keeper.keep(source(b"x" * 2), "c").name == "0002-c"
    assert keeper.keep(source(b""), "d").name is None
    assert sorted(os.listdir(tmp_path / "held")) == ["0001-a", "0002-c"]


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path, source: Source) -> None:
    (tmp_path / "unreadable").write_bytes(b"x")
    blind = os.open(tmp_path / "unreadable", os.O_WRONLY)
    keeper = Keeper(tmp_path / "held")
    assert keeper.keep(blind, "same").name is None
    os.close(blind)
    assert keeper.keep(source(b"y"), "same").name == "0001-same"
    assert os.listdir(tmp_path / "held") == ["0001-same"]


def test_a_folder_that_cannot_be_made_is_no_fault(tmp_path: Path, source: Source) -> None:
    (tmp_path / "file").write_text("")
    assert Keeper(tmp_path / "file/held").keep(source(b"x"), "a").name is None


@pytest.mark.parametrize("path", ["plain", "ünï", "\x1b[31mred\nline", "bad\udcffname", "a\\xff"])
def test_a_path_is_found_again_whatever_its_bytes(path: str) -> None:
    one = Held(path=shown(path), raw=raw_of(path), change="created", kind="file", reason="flagged")
    again = msgspec.json.decode(msgspec.json.encode(one), type=Held)
    assert again.place == path
    assert (again.raw is None) == ("\udcff" not in path)


def test_the_target_of_a_link_is_found_again() -> None:
    target = "to/\udcfe"
    one = Held(path="l", change="created", kind="symlink", reason="flagged", target=shown(target), raw_target=raw_of(target))
    assert one.points_to == target


PIECES = st.lists(
    st.one_of(st.binary(min_size=1, max_size=50), st.integers(1, 3).map(lambda blocks: blocks << 18)), max_size=4
)


@settings(max_examples=40)
@given(pieces=PIECES, hashing=st.booleans())
def test_a_copy_is_the_same_file_holes_and_all(pieces: list[bytes | int], hashing: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, to = Path(folder, "from"), Path(folder, "to")
        with open(path, "wb") as file:
            for piece in pieces:
                if isinstance(piece, int):
                    file.truncate(file.seek(piece, os.SEEK_CUR))
                else:
                    file.write(piece)
        with open(path, "rb") as one, open(to, "wb") as other:
            digest = copy(one.fileno(), other.fileno(), hashing=hashing)
        assert to.read_bytes() == path.read_bytes()
        assert digest == (hashlib.sha256(path.read_bytes()).hexdigest() if hashing else None)
        data = sum(len(piece) for piece in pieces if isinstance(piece, bytes))
        assert to.stat().st_blocks * 512 <= data + len(pieces) * (1 << 18) + 8192
