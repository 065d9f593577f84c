from __future__ import annotations

import os
from pathlib import Path

import pytest

from vigiles.cell.owner_maps import OwnerMaps
from vigiles.kernel import namespaces

pytestmark = pytest.mark.asroot
UID, GID = 70_001, 70_002


@pytest.fixture
def maps() -> OwnerMaps:
    if os.geteuid() != 0:
        pytest.skip("ID-mapped mounts need root")
    return OwnerMaps()


def test_a_map_is_made_once_for_each_pair(maps: OwnerMaps, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    os.chown(other, 70_003, 70_004)
    first = maps.of(str(one), UID, GID)
    assert maps.of(str(tmp_path), UID, GID) == first
    assert maps.of(str(other), UID, GID) != first
    assert maps.of(str(one), UID + 1, GID) != first
    assert os.readlink(f"/proc/self/fd/{first}").startswith("user:[")


def test_what_is_foreseen_is_not_made_again(maps: OwnerMaps, tmp_path: Path) -> None:
    maps.foresee(UID, GID)  # of nobody yet
    assert not maps._made
    maps.of(str(tmp_path), UID, GID)
    maps.foresee(UID + 1, GID)
    made = dict(maps._made)
    assert len(made) == 2
    assert maps.of(str(tmp_path), UID + 1, GID) in made.values()
    assert maps._made == made


def test_a_folder_that_is_not_there_is_said(maps: OwnerMaps, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        maps.of(str(tmp_path / "nowhere"), UID, GID)


def test_one_that_cannot_be_made_is_an_error_and_leaves_no_process(
    maps: OwnerMaps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def none_left(_: int) -> None:
        raise OSError(28, "no user namespace left")

    monkeypatch.setattr(namespaces, "unshare", none_left)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="user namespace"):
        maps.of(str(tmp_path), UID, GID)
    assert os.waitstatus_to_exitcode(os.wait()[1]) in (1, -9)
    assert len(os.listdir("/proc/self/fd")) == before
    assert maps.descriptors() == []
    assert "Traceback" not in capfd.readouterr().err
