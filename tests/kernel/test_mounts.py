"""Mounts and overlays in a mount namespace that goes with its child; works for an ordinary user too."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.kernel import mounts, namespaces, overlay

pytestmark = pytest.mark.cell
PRIVILEGED = os.geteuid() == 0


def apart(in_child: Any, function: Callable[[], Any]) -> Any:
    """Run ``function`` in a child with a mount namespace of its own (and a user namespace, without root)."""

    def run() -> Any:
        uid, gid = os.geteuid(), os.getegid()
        if PRIVILEGED:
            namespaces.unshare(namespaces.NEWNS)
        else:
            namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNS)
            namespaces.map_self(uid, uid, gid, gid)
        mounts.private_tree()
        return function()

    return in_child(run)


def failure(path: Path) -> str:
    """Return how an attempt to write a file ends."""
    try:
        path.write_text("x")
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "written"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("a", "b", "upper", "work", "target"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "file").write_text("from a")
    (tmp_path / "b" / "file").write_text("from b")
    (tmp_path / "b" / "other").write_text("from b")
    return tmp_path


def test_a_bind_shows_one_folder_at_another_until_it_is_unmounted(in_child: Any, place: Path) -> None:
    def attempt() -> list[list[str]]:
        mounts.bind(str(place / "a"), str(place / "target"))
        seen = [os.listdir(place / "target")]
        mounts.unmount(str(place / "target"))
        return [*seen, os.listdir(place / "target")]

    assert apart(in_child, attempt) == [["file"], []]
    assert list((place / "target").iterdir()) == []


def test_restrict_reaches_what_is_mounted_below(in_child: Any, place: Path) -> None:
    def attempt() -> list[str]:
        target = place / "target"
        mounts.mount("tmpfs", str(target), "tmpfs")
        (target / "below").mkdir()
        mounts.bind(str(place / "a"), str(target / "below"))
        before = [failure(target / "x"), failure(target / "below" / "file")]
        mounts.restrict(str(target))
        return [*before, failure(target / "y"), failure(target / "below" / "file"), failure(place / "a" / "file")]

    assert apart(in_child, attempt) == ["written", "written", "EROFS", "EROFS", "written"]


def test_noexec_and_nosuid_without_read_only(in_child: Any, place: Path) -> None:
    def attempt() -> list[Any]:
        target = place / "target"
        mounts.mount("tmpfs", str(target), "tmpfs")
        mounts.restrict(str(target), rdonly=False, noexec=True)
        flags = os.statvfs(target).f_flag
        program = target / "program"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        return [
            bool(flags & os.ST_NOEXEC),
            bool(flags & os.ST_NOSUID),
            bool(flags & os.ST_NODEV),
            os.access(program, os.X_OK),
        ]

    assert apart(in_child, attempt) == [True, True, True, False]


def test_a_tmpfs_has_its_limits(in_child: Any, place: Path) -> None:
    def attempt() -> list[str]:
        target = place / "target"
        mounts.mount("tmpfs", str(target), "tmpfs", mounts.NOSUID, "size=65536,nr_inodes=4,mode=0755")
        seen = []
        try:
            (target / "big").write_bytes(bytes(1 << 20))
        except OSError as error:
            seen.append(errno.errorcode[error.errno or 0])
        (target / "big").unlink()
        seen += [failure(target / str(number)) for number in range(4)]
        return seen

    assert apart(in_child, attempt) == ["ENOSPC", "written", "written", "written", "ENOSPC"]


def test_an_error_names_its_target(in_child: Any, place: Path) -> None:
    def attempt() -> list[Any]:
        try:
            mounts.bind(str(place / "no such"), str(place / "target"))
        except OSError as error:
            return [error.filename, error.errno]
        return []

    assert apart(in_child, attempt) == [str(place / "target"), errno.ENOENT]


def test_an_overlay_keeps_what_is_below(in_child: Any, place: Path) -> None:
    def attempt() -> list[Any]:
        target = place / "target"
        folders = (str(place / "b"), str(place / "upper"), str(place / "work"), str(target))
        overlay.writable(*folders, privileged=PRIVILEGED)
        (target / "file").write_text("changed")
        (target / "other").unlink()
        (target / "new").write_text("new")
        return [sorted(os.listdir(target)), (place / "b" / "file").read_text(), (place / "b" / "other").read_text()]

    assert apart(in_child, attempt) == [["file", "new"], "from b", "from b"]
    assert sorted(os.listdir(place / "upper")) == ["file", "new", "other"]


def test_merged_layers_first_wins_and_nothing_is_written(in_child: Any, place: Path) -> None:
    def attempt() -> list[Any]:
        target = place / "target"
        overlay.merged([str(place / "a"), str(place / "b")], str(target), privileged=PRIVILEGED)
        return [(target / "file").read_text(), (target / "other").read_text(), failure(target / "x")]

    assert apart(in_child, attempt) == ["from a", "from b", "EROFS"]


@pytest.mark.parametrize("name", ["with,comma", "with:colon", "back\\slash", "a b", "all,of:it\\", "ünicode"])
def test_an_overlay_of_folders_with_hard_names(in_child: Any, place: Path, name: str) -> None:
    for parent in ("lower", "up", "wo"):
        (place / parent / name).mkdir(parents=True)
    (place / "lower" / name / "file").write_text("here")

    def attempt() -> list[str]:
        folders = [str(place / parent / name) for parent in ("lower", "up", "wo")]
        overlay.writable(*folders, str(place / "target"), privileged=PRIVILEGED)
        (place / "target" / "new").write_text("x")
        return [(place / "target" / "file").read_text(), *os.listdir(place / "up" / name)]

    assert apart(in_child, attempt) == ["here", "new"]


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
def test_escaping_can_be_undone(name: str) -> None:
    """The kernel drops one backslash before any character; separators never stand bare."""
    escaped, plain, bare = overlay._escape(name), "", []
    at = 0
    while at < len(escaped):
        if escaped[at] == "\\":
            at += 1
        elif escaped[at] in ",:":
            bare.append(at)
        plain += escaped[at]
        at += 1
    assert plain == name
    assert bare == []


def test_pivot_leaves_nothing_of_the_old_root(in_child: Any, place: Path) -> None:
    def attempt() -> list[Any]:
        root = place / "target"
        mounts.mount("tmpfs", str(root), "tmpfs")
        (root / "only").write_text("this")
        mounts.pivot(str(root))
        return [os.listdir("/"), os.getcwd(), os.path.exists(str(place))]

    assert apart(in_child, attempt) == [["only"], "/", False]


@pytest.mark.skipif(not PRIVILEGED, reason="ID-mapped mounts need root")
def test_an_id_mapped_mount_changes_owners_in_the_view_only(in_child: Any, place: Path) -> None:
    def attempt() -> list[int]:
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            namespaces.unshare(namespaces.NEWUSER)
            os.write(writer, b"x")
            time.sleep(20)
            os._exit(0)
        os.read(reader, 1)
        namespaces.map_self(0, 12345, 0, 12346, pid=str(pid))
        space = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        mounts.bind_idmapped(str(place / "a"), str(place / "target"), space)
        inside, outside = os.stat(place / "target" / "file"), os.stat(place / "a" / "file")
        return [inside.st_uid, inside.st_gid, outside.st_uid, outside.st_gid]

    assert apart(in_child, attempt) == [12345, 12346, 0, 0]
