from __future__ import annotations

import json
from pathlib import Path

import pytest

from vigiles.cli.cell import preflight_view
from vigiles.model.preflight import Exposure

SECRET = "Zk3vQ9xT1mB7yL5wR2pC"


def test_doctor_for_a_profile_and_a_folder(workdir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workdir / ".env").write_text(f"API_TOKEN={SECRET}\n")
    assert preflight_view.run("coding-agent", workdir, tmp_path, as_json=False) == 0
    out = capsys.readouterr().out
    assert ".env:1" in out
    assert "secret_file" in out
    assert SECRET not in out
    assert preflight_view.run("coding-agent", workdir, tmp_path, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["exposures"][-1]["where"] == ".env"
    assert list(tmp_path.iterdir()) == []


def test_a_start_that_would_be_refused(workdir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = tmp_path / "mine"
    profile.mkdir()
    (profile / "profile.toml").write_text('extends = "coding-agent"\n[files]\nwrite = ["/etc"]\n')
    assert preflight_view.run(str(profile), workdir, tmp_path, as_json=False) == 112
    assert "refuse" in capsys.readouterr().out


def test_lines_before_a_run_are_few_and_harmless() -> None:
    places = [f"a\x1b[31m\nb{number}" for number in range(5)]
    alike = [Exposure(kind="secret_file", action="warn", where=one, what="netrc password", line=3) for one in places]
    others = [Exposure(kind="host_write", action="warn", where="/srv", what=f"thing {number}") for number in range(11)]
    told = preflight_view.lines([*alike, *others])
    assert len(told) == 11
    assert "\x1b" not in "".join(told)
    assert "\n" not in "".join(told)
    assert told[0].endswith(":3 and 2 more (secret_file)")
    assert told[1] == "the cell has thing 0: /srv (host_write)"
    assert "+2 more" in told[-1]
