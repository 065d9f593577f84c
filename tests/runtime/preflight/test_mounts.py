from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.runtime.preflight.mounts import is_root, valuables


def test_what_gives_the_host_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "people" / "me"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    (tmp_path / "link").symlink_to("/etc")
    assert all(map(is_root, ["/", "/etc", "/usr/", str(home), str(home.parent), str(tmp_path / "link")]))
    assert not any(map(is_root, [str(home / "project"), str(tmp_path / "other"), "/etc/x", "/srv"]))


def test_what_lies_in_a_writable_folder(tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".git" / "hooks").mkdir(parents=True)
    assert valuables(str(tmp_path)) == [".ssh", ".git/hooks"]
    assert valuables(str(tmp_path / ".ssh")) == []
