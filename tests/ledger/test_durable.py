from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from vigiles.ledger.durable import make_folders, sync_folder


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that were synced, in order."""
    told: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda fd: told.append(os.readlink(f"/proc/self/fd/{fd}")))
    return told


def test_every_new_name_is_synced_in_its_folder(tmp_path: Path, synced: list[str]) -> None:
    make_folders(tmp_path / "a" / "b" / "c", 0o700)
    assert synced == [str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a" / "b")]
    assert (tmp_path / "a" / "b" / "c").stat().st_mode & 0o777 == 0o700
    make_folders(tmp_path / "a" / "b" / "c", 0o700)
    assert len(synced) == 3


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"exists|Not a directory"):
        make_folders(tmp_path / "file" / "below", 0o700)


@pytest.mark.parametrize(("number", "passes"), [(errno.EINVAL, True), (errno.EIO, False), (errno.ENOSPC, False)])
def test_a_file_system_without_the_call_is_no_error_but_a_broken_disk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, passes: bool
) -> None:
    def fails(fd: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)
    if passes:
        sync_folder(tmp_path)
    else:
        with pytest.raises(OSError):  # noqa: PT011 - any
            sync_folder(tmp_path)
