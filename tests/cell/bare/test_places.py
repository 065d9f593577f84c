"""Files in tier U-: what Landlock alone lets be read and written."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.cell.bare import places
from vigiles.cell.spec import CellSpec
from vigiles.kernel import landlock


def _spec(work: Path, mode: str = "direct") -> CellSpec:
    return CellSpec(
        run="r", episode="e", uid=1, gid=1, host_root=False, workdir=str(work), workdir_mode=mode,  # type: ignore[arg-type]
        private="/tmp/vigiles-e", home="/tmp/vigiles-e/home", tier="U-",
    )  # fmt: skip


def test_written_are_the_work_directory_and_private_folders_only(tmp_path: Path) -> None:
    assert places.writable(_spec(tmp_path)) == [str(tmp_path.resolve()), "/tmp/vigiles-e/home", "/tmp/vigiles-e/tmp"]
    assert str(tmp_path.resolve()) not in places.writable(_spec(tmp_path, "read_only"))


def test_proc_is_never_written_and_the_root_never_listed(tmp_path: Path) -> None:
    rules = dict(places.rules(_spec(tmp_path)))
    assert rules["/proc"] == landlock.READ
    assert not {"/", "/tmp", "/home", "/dev", "/dev/shm", "/run", "/sys"} & set(rules)


@pytest.mark.cell
@pytest.mark.parametrize(
    "attack",
    ["read a secret", "read through a link", "write outside", "append to the secret", "move the secret in", "hard link",
     "list the folder"],
)  # fmt: skip
def test_the_host_s_files_stay_closed(played, attack: str) -> None:
    code, out, error = played()["attacks"][attack]
    assert code != 0
    assert "a secret" not in out
    assert "Permission denied" in error or "Invalid cross-device link" in error


@pytest.mark.cell
def test_nothing_was_planted(played) -> None:
    assert played()["attacks"]["planted"] is False


@pytest.mark.cell
@pytest.mark.parametrize("work", ["git", "pytest", "pool", "thirty processes", "stdin"])
def test_honest_work_goes_on(played, work: str) -> None:
    assert played()["honest"][work][0] == 0, played()["honest"][work]
