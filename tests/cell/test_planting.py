from __future__ import annotations

import os
from pathlib import Path

import pytest

from vigiles.cell.planting import plant


def test_files_are_closed_and_stand_where_they_should(tmp_path: Path) -> None:
    plant(str(tmp_path), {".aws/credentials": "a", ".aws/config": "b", ".netrc": "c"}, (os.getuid(), os.getgid()))
    assert (tmp_path / ".aws" / "credentials").read_text() == "a"
    assert (tmp_path / ".netrc").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / ".aws").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", "a/../x", ""])
def test_nothing_is_written_elsewhere(tmp_path: Path, path: str) -> None:
    with pytest.raises(OSError, match="below the home"):
        plant(str(tmp_path), {path: "a"})


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".netrc").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="exist"):
        plant(str(tmp_path), {".netrc": "a"})
