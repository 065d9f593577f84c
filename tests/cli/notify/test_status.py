from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vigiles.cli.notify import status, work


def test_nobody(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status.run(status.Options(home)) == 0
    assert "nobody is notified" in capsys.readouterr().out


def test_what_waits_and_what_fails(home: Path, ledger: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flag = tmp_path / "up"
    (home / "settings.toml").write_text(
        f'[notify.pager]\nkind = "command"\nargv = ["/bin/sh", "-c", "cat > {tmp_path}/got; test -e {flag}"]\n'
    )
    work.run(work.Options(home, once=True))
    ledger.find("ep-1")
    work.run(work.Options(home, once=True))
    assert "1 waiting" in capsys.readouterr().out
    status.run(status.Options(home))
    shown = capsys.readouterr().out
    assert "fails (1)" in shown
    assert "/bin/sh ended with 1" in shown
    flag.touch()
    work.run(work.Options(home, once=True, as_json=True))
    assert json.loads(capsys.readouterr().out) == {"waiting": 0}
    assert json.loads((tmp_path / "got").read_text())["what"] == "incident.opened"
    status.run(status.Options(home, as_json=True))
    (line,) = json.loads(capsys.readouterr().out)["receivers"]
    assert (line["told"], line["waiting"], line["failures"]) == (1, 0, 0)
