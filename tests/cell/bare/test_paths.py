"""Paths from a caller's memory are opened as the caller would have."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

import pytest

from vigiles.cell.bare.paths import AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, Paths, Refused
from vigiles.kernel.listener import Notification

_CWD = 0xFFFF_FF9C


def _from(pid: int) -> Notification:
    return Notification(struct.pack("QIIiIQ6Q", 1, pid, 0, 0, 0, 0, *([0] * 6)))


def test_relative_paths_begin_at_the_caller_s_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_text("x")
    (tmp_path / "l").symlink_to("f")
    monkeypatch.chdir(tmp_path)
    paths, me = Paths(), _from(os.getpid())
    for path, flags, name in ((b"f", 0, "f"), (b"l", 0, "f"), (b"l", AT_SYMLINK_NOFOLLOW, "l"), (b"", AT_EMPTY_PATH, "")):
        fd = paths.open(me, _CWD, path, flags)
        assert os.readlink(f"/proc/self/fd/{fd}") == str((tmp_path.resolve() / name) if name else tmp_path.resolve())
        os.close(fd)


@pytest.mark.parametrize(
    ("path", "error"), [(b"", errno.ENOENT), (b"/nowhere/at/all", errno.ENOENT), (b"/etc/passwd/x", errno.ENOTDIR)]
)
def test_what_is_not_there_fails_as_for_the_caller(path: bytes, error: int) -> None:
    with pytest.raises(Refused) as refused:
        Paths().open(_from(os.getpid()), _CWD, path)
    assert refused.value.error == error
