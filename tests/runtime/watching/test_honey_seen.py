from __future__ import annotations

import os
from pathlib import Path

import pytest

from vigiles.model.coordinates import Coordinates
from vigiles.ruleset.profile import Honey
from vigiles.runtime.outfitting.honey import Minted, mint
from vigiles.runtime.watching import honey_seen as module
from vigiles.runtime.watching.honey_seen import in_files, in_output
from vigiles.sensors.change import Change


@pytest.fixture
def minted() -> Minted:
    made = mint(Honey(files=[".netrc"], environment=["DEPLOY_TOKEN"]), bytes(32), Coordinates(run="r", episode="e"))
    assert made is not None
    return made


def test_both_ends_of_each_stream(minted: Minted) -> None:
    token, file = minted.environment["DEPLOY_TOKEN"].encode(), minted.files[".netrc"].encode()
    assert in_output(minted.record, [b"nothing", b""]) == []
    assert in_output(minted.record, [b"a" + token, file]) == ["environment:DEPLOY_TOKEN", "file:.netrc"]
    assert in_output(minted.record, [b"x" * 3_000_000 + token]) == ["environment:DEPLOY_TOKEN"]
    assert in_output(minted.record, [token[:-1], token[1:]]) == []
    far = b"x" * 1_000_000
    assert in_output(minted.record, [far + token + far]) == [], "what is far inside is not looked at"


def test_files_that_changed(minted: Minted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = minted.files[".netrc"]
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "copy").write_text("# mine\n" + text)
    (tmp_path / "honest").write_text("machine example login me password mine\n")
    (tmp_path / "target").write_text(text)
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "elsewhere").symlink_to("deep")
    os.mkfifo(tmp_path / "pipe")
    names = ["deep/er/copy", "honest", "link", "elsewhere/er/copy", "pipe", "gone", "target"]
    changes = [Change(path=name, change="created", kind="file", size=9) for name in names]
    root = os.open(tmp_path, os.O_RDONLY)
    expected = {"deep/er/copy": ["file:.netrc"], "target": ["file:.netrc"]}
    monkeypatch.setattr(module, "_SECONDS", 30.0)
    assert in_files(minted.record, root, changes) == expected
    monkeypatch.setattr(module, "_FILES", 1)
    assert list(in_files(minted.record, root, changes)) == ["deep/er/copy"]
    monkeypatch.setattr(module, "_SECONDS", -1.0)
    assert in_files(minted.record, root, changes) == {}
    os.close(root)
