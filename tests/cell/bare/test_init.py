"""Init of a cell in tier U-: a cell comes and goes without namespaces, and leaves nothing, whoever is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.cell.bare import init
from vigiles.cell.spec import CellSpec


@pytest.mark.cell
def test_the_world_of_these_tests_has_no_user_namespaces(played) -> None:
    assert played()["namespaces"] == 28


@pytest.mark.cell
def test_nothing_is_left_of_an_episode(played) -> None:
    assert played()["private there"] == [True, "0o700"]
    assert played()["left"] == [False, False, False, False]


@pytest.mark.cell
@pytest.mark.parametrize("who", ["supervisor", "launcher", "init", "notifier", "keeper", "door"])
def test_nothing_is_left_when_one_of_ours_is_killed(without_spaces, short_folder, who: str) -> None:
    left = without_spaces("killed.py", short_folder("k"), who)
    assert left == {"before": True, "daemon": False, "ours": False, "private": False}


def test_the_private_folder_is_removed_whatever_modes_it_has(tmp_path: Path) -> None:
    private = tmp_path / "p"
    (private / "home/closed/deep").mkdir(parents=True)
    (private / "home/closed/deep/file").write_text("x")
    (private / "home/link").symlink_to(tmp_path)
    (private / "home/closed/deep").chmod(0)
    (private / "home/closed").chmod(0)
    spec = CellSpec(
        run="", episode="", uid=1, gid=1, host_root=False, workdir="/", workdir_mode="direct", private=str(private)
    )
    init.remove(spec)
    assert not private.exists()
    assert tmp_path.is_dir()
