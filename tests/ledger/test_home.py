from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from vigiles.ledger.home import Home, default_home
from vigiles.model.errors import InputInvalid, LedgerUnwritable


def test_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("VIGILES_HOME", raising=False)
    assert default_home() == tmp_path / ".local/state/vigiles"
    monkeypatch.setenv("VIGILES_HOME", "/srv/v")
    assert default_home() == Path("/srv/v")


def test_made_closed(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b")
    home.prepare()
    home.prepare()
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700


def test_open_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    with pytest.raises(InputInvalid, match="open to other users") as caught:
        Home(tmp_path).prepare()
    assert f"chmod 700 {tmp_path}" in caught.value.remedy


@pytest.mark.asroot
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_somebody_elses(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(InputInvalid, match="belongs to user 12345"):
        Home(tmp_path).prepare()


def test_not_a_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerUnwritable):
        Home(tmp_path / "file" / "home").prepare()


def test_a_store_that_was_open_is_closed_and_another_thing_in_its_place_refused(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    home.database.write_bytes(b"")
    home.database.chmod(0o644)
    home.prepare()
    assert home.database.stat().st_mode & 0o777 == 0o600
    home.database.unlink()
    home.database.symlink_to("/etc/hosts")
    with pytest.raises(InputInvalid):
        home.prepare()


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("VIGILES_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(InputInvalid, match="no home directory") as error:
        default_home()
    assert "VIGILES_HOME" in error.value.remedy
