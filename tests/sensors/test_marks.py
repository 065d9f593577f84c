from __future__ import annotations

import os
from pathlib import Path

import pytest

from vigiles.sensors.marks import Marks


@pytest.fixture
def upper(tmp_path: Path) -> Path:
    probe = tmp_path / "probe"
    probe.mkdir()
    try:
        os.setxattr(probe, "user.overlay.opaque", b"y")
    except OSError:
        pytest.skip("this file system keeps no user attributes")
    return tmp_path


def test_marks_by_attribute(upper: Path) -> None:
    marks = Marks(userxattr=True)
    (upper / "gone").write_text("")
    os.setxattr(upper / "gone", "user.overlay.whiteout", b"")
    (upper / "empty").write_text("")
    os.setxattr(upper, "user.overlay.redirect", b"/from/here")
    os.setxattr(upper, "user.overlay.opaque", b"x")
    fd = os.open(upper, os.O_RDONLY)
    try:
        assert marks.opaque(fd) == b"x"
        assert marks.redirect(fd) == "/from/here"
        for name, expected in (("gone", True), ("empty", False)):
            assert marks.whiteout(fd, name, os.lstat(upper / name), listed=True) is expected
        assert not marks.whiteout(fd, "gone", os.lstat(upper / "gone"), listed=False)
        other = Marks(userxattr=False)
        assert (other.opaque(fd), other.redirect(fd)) == (b"", None)
    finally:
        os.close(fd)


def test_a_link_is_not_asked(upper: Path) -> None:
    (upper / "file").write_text("")
    os.setxattr(upper / "file", "user.overlay.whiteout", b"")
    os.symlink("file", upper / "link")
    fd = os.open(upper, os.O_RDONLY)
    try:
        assert Marks(userxattr=True).of_entry(fd, "link", "whiteout") is None
    finally:
        os.close(fd)
