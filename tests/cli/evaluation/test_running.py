from pathlib import Path

import pytest

from vigiles.cli.evaluation.running import made_by, new_folder, progress
from vigiles.model.errors import InputInvalid


def test_a_folder_is_named_for_its_plan_and_the_time(tmp_path: Path) -> None:
    folder = new_folder(tmp_path, "../my plan\x1b")
    assert folder.parent == tmp_path / "evaluations"
    assert folder.name.startswith("my-plan-2")


def test_runs_of_one_second_have_each_their_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.gmtime", lambda: (2030, 1, 1, 0, 0, 0, 0, 1, 0))
    folders = [new_folder(tmp_path, "plan") for _ in range(3)]
    assert [folder.name.partition("Z")[2] for folder in folders] == ["", "-2", "-3"]
    assert all(folder.is_dir() and folder.stat().st_mode & 0o777 == 0o700 for folder in folders)


def test_where_no_folder_can_be_made_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "evaluations").write_text("no folder")
    with pytest.raises(InputInvalid, match="cannot write under"):
        new_folder(tmp_path, "plan")


def test_who_made_it() -> None:
    assert made_by().startswith("Vigiles ")


def test_where_nobody_watches_nothing_is_drawn(capsys: object) -> None:
    with progress(quiet=True) as told:
        told(None)  # type: ignore[arg-type]  # not looked at
