from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.kernel import paths


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with everything in it that can stand at a name."""
    (tmp_path / "outside/in").mkdir(parents=True)
    (tmp_path / "outside/secret").write_text("secret")
    root = tmp_path / "root"
    (root / "a/b/c").mkdir(parents=True)
    (root / "a/file").write_text("mine")
    os.mkfifo(root / "a/fifo")
    os.symlink("../outside", root / "out")
    os.symlink("a", root / "near")
    os.symlink("../../outside/secret", root / "a/link")
    return root


@pytest.fixture
def root(tree: Path) -> Iterator[int]:
    fd = os.open(tree, os.O_RDONLY | os.O_DIRECTORY)
    yield fd
    os.close(fd)


def same(fd: int, path: Path) -> bool:
    """Say whether a descriptor is of what stands at a path, and close it."""
    here = os.fstat(fd)
    os.close(fd)
    return (here.st_dev, here.st_ino) == (path.stat().st_dev, path.stat().st_ino)


@pytest.mark.parametrize(("path", "where"), [("", ""), (".", ""), ("a", "a"), ("a/b/c", "a/b/c"), ("a//./b/", "a/b")])
def test_a_folder_below(root: int, tree: Path, path: str, where: str) -> None:
    assert same(paths.open_below(root, path), tree / where)


NO_WAY = [
    ("..", {errno.EXDEV}, ".."),
    ("a/..", {errno.EXDEV}, ".."),
    ("a/../../outside", {errno.EXDEV}, ".."),
    ("out", {errno.ELOOP, errno.ENOTDIR}, "out"),
    ("out/in", {errno.ELOOP, errno.ENOTDIR}, "out"),
    ("near/b", {errno.ELOOP, errno.ENOTDIR}, "near"),
    ("a/file", {errno.ENOTDIR}, "file"),
    ("a/fifo", {errno.ENOTDIR}, "fifo"),
    ("a/gone/c", {errno.ENOENT}, "gone"),
]


@pytest.mark.parametrize(("path", "codes", "component"), NO_WAY, ids=[row[0] for row in NO_WAY])
def test_no_way_through(root: int, path: str, codes: set[int], component: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match=r".") as caught:
        paths.open_below(root, path)
    assert caught.value.errno in codes
    assert caught.value.filename == component
    assert len(os.listdir("/proc/self/fd")) == before, "a descriptor stayed open"


@pytest.mark.parametrize("name", ["fifo", "link", "b"])
def test_what_is_no_file_is_not_opened(root: int, name: str) -> None:
    folder = paths.open_folder(root, "a")
    handle = paths.open_handle(folder, name)
    with pytest.raises(paths.NotRegular):
        paths.open_regular(handle)
    os.close(handle)
    os.close(folder)


def test_a_handle_stays_what_it_was(root: int, tree: Path) -> None:
    folder = paths.open_folder(root, "a")
    handle = paths.open_handle(folder, "file")
    os.rename(tree / "a/link", tree / "a/file")
    fd = paths.open_regular(handle)
    try:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(fd, b"x")
        for one in (fd, handle, folder):
            assert not os.get_inheritable(one)
    finally:
        os.close(fd)
        os.close(handle)
        os.close(folder)


def test_a_folder_that_is_swapped_for_a_link_all_the_time(root: int, tree: Path) -> None:
    """Opened by its whole path, this leads outside within a few hundred tries."""
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            os.rename(tree / "a", tree / "aside")
            os.symlink("../outside", tree / "a")
            os.unlink(tree / "a")
            os.rename(tree / "aside", tree / "a")

    os.mkdir(tree / "a/in")
    inside = (tree / "a/in").stat().st_ino
    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(3000):
            try:
                fd = paths.open_below(root, "a/in")
            except OSError:
                continue
            assert os.fstat(fd).st_ino == inside
            os.close(fd)
    finally:
        stop.set()
        thread.join()


NAMES = ("a", "b", "c")
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
TARGETS = st.lists(st.sampled_from((*NAMES, "..", "/")), min_size=1, max_size=3).map("/".join)
MAKERS: dict[str, Callable[[Path, str], None]] = {
    "folder": lambda path, _: path.mkdir(parents=True),
    "file": lambda path, _: path.write_text("") and None,
    "link": lambda path, target: path.symlink_to(target),
}


@settings(max_examples=150)
@given(
    made=st.lists(st.tuples(st.sampled_from(sorted(MAKERS)), PATHS, TARGETS), max_size=8),
    asked=st.lists(st.sampled_from((*NAMES, "..", ".", "")), max_size=4).map("/".join),
)
def test_what_opens_is_a_real_folder_by_that_very_name(made: list[tuple[str, str, str]], asked: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        base = Path(os.path.realpath(name))
        for what, path, target in made:
            try:
                MAKERS[what](base / path, target)
            except OSError:
                continue
        plain = [part for part in asked.split("/") if part not in ("", ".")]
        there = os.path.join(base, *plain)
        fine = ".." not in plain and os.path.isdir(there) and os.path.realpath(there) == there
        root = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
        try:
            assert same(paths.open_below(root, asked), Path(there))
            assert fine
        except OSError:
            assert not fine
        finally:
            os.close(root)


def test_no_part_of_a_plain_path_is_a_link(tree: Path) -> None:
    real = Path(os.path.realpath(tree))
    assert same(paths.open_unlinked(str(real / "a/b")), real / "a/b")
    for path, code in {
        "near": errno.ELOOP, "near/b": errno.ELOOP, "out/in": errno.ELOOP, "a/file": errno.ENOTDIR, "no": errno.ENOENT,
        "../../proc/self/fd/0": errno.ENOENT,
    }.items():  # fmt: skip
        with pytest.raises(OSError, match=path) as error:
            paths.open_unlinked(str(real / path))
        assert error.value.errno == code
    with pytest.raises(OSError, match="root") as error:
        paths.open_unlinked("/proc/self/root/etc")
    assert error.value.errno == errno.ELOOP


def test_passing_a_folder_is_enough(tree: Path) -> None:
    real = Path(os.path.realpath(tree))
    (real / "a").chmod(0o111)
    try:
        assert same(paths.open_unlinked(str(real / "a/b")), real / "a/b")
    finally:
        (real / "a").chmod(0o755)
