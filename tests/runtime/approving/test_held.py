"""Holds of model versions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vigiles.model.errors import InputInvalid, Refused
from vigiles.runtime.approving import held


def test_a_held_version_is_refused_until_its_file_is_gone(tmp_path: Path) -> None:
    held.refuse_held(tmp_path, "m-1")
    held.hold(tmp_path, "m-1")
    held.refuse_held(tmp_path, "m-2")
    held.refuse_held(tmp_path, None)
    with pytest.raises(Refused, match="m-1"):
        held.refuse_held(tmp_path, "m-1")
    (file,) = (tmp_path / "held").iterdir()
    file.unlink()
    held.refuse_held(tmp_path, "m-1")


def test_no_version_cannot_be_held(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="names no model version"):
        held.hold(tmp_path, None)


def test_what_cannot_be_looked_up_is_not_taken_for_no_hold(tmp_path: Path) -> None:
    (tmp_path / "held").symlink_to("held")
    assert not os.path.exists(tmp_path / "held")
    with pytest.raises(OSError, match="symbolic links"):
        held.refuse_held(tmp_path, "m-1")
