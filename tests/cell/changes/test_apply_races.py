"""Changes given by hand, for what no overlay and no honest moment would give."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigiles.cell.changes.apply import Applied, apply
from vigiles.sensors.change import Change

#: Overlays are mounted another way by root.
pytestmark = pytest.mark.asroot


class Folders:
    """A work directory with a folder ``d``, and an empty upper folder."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.workdir, self.upper = base / "workdir", base / "upper"
        (self.workdir / "d").mkdir(parents=True)
        self.upper.mkdir()
        self._fd = os.open(self.upper, os.O_RDONLY | os.O_DIRECTORY)

    def apply(self, *changes: Change) -> Applied:
        return apply(changes, self._fd, str(self.workdir), (), self.base / "held", host_root=False)

    def close(self) -> None:
        os.close(self._fd)


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Folders]:
    folders = Folders(tmp_path)
    yield folders
    folders.close()


def test_a_folder_that_nobody_may_read_is_given_its_mode(folders: Folders) -> None:
    (folders.workdir / "d").chmod(0)
    result = folders.apply(Change(path="d", change="modified", kind="directory", mode=0o750))
    assert (result.applied, result.held) == (["d"], [])
    assert stat.S_IMODE((folders.workdir / "d").stat().st_mode) == 0o750


def test_a_folder_that_is_gone_again_is_no_fault(folders: Folders) -> None:
    """As if somebody removed it from the work directory while changes are applied to it."""
    before = len(os.listdir("/proc/self/fd"))
    gone = [Change(path="d", change=what, kind="directory", mode=0o755) for what in ("modified", "deleted")]
    inner = [Change(path="n", change="created", kind="directory", mode=0o700)]
    result = folders.apply(*gone, *inner)
    assert [(one.path, one.reason) for one in result.held] == [("d", "failed")]
    assert stat.S_IMODE((folders.workdir / "n").stat().st_mode) == 0o700, "the rest goes on"
    assert len(os.listdir("/proc/self/fd")) == before, "a descriptor stayed open"


@pytest.mark.parametrize("lower", ["../secret", "d/../../secret", "out/secret"])
def test_content_comes_from_nowhere_but_below_the_work_directory(folders: Folders, lower: str) -> None:
    """``lower`` comes from a mark in the upper folder, which is hostile."""
    (folders.base / "secret").write_text("secret")
    os.symlink("..", folders.workdir / "out")
    result = folders.apply(Change(path="f", change="created", kind="file", mode=0o644, lower=lower))
    assert result.applied == []
    assert [(one.path, one.kept) for one in result.held] == [("f", None)]
    assert sorted(os.listdir(folders.workdir)) == ["d", "out"]


def test_no_temporary_name_is_left_when_a_place_is_taken(folders: Folders) -> None:
    (folders.upper / "d").write_text("new")
    (folders.upper / "l").symlink_to("x")
    (folders.workdir / "l").mkdir()
    result = folders.apply(
        Change(path="d", change="created", kind="file", mode=0o644),
        Change(path="l", change="created", kind="symlink", target="x"),
    )
    assert {one.path: one.reason for one in result.held} == {"d": "changed_meanwhile", "l": "changed_meanwhile"}
    assert sorted(os.listdir(folders.workdir)) == ["d", "l"]
