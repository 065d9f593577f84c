from __future__ import annotations

import json
from pathlib import Path

import pytest

from vigiles.cli.notify import testing
from vigiles.model.errors import NotFound


def test_each_receiver_says_whether_it_took_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "settings.toml").write_text(
        '[notify.good]\nkind = "command"\nargv = ["/bin/true"]\n[notify.bad]\nkind = "command"\nargv = ["/bin/false"]\n'
    )
    assert testing.run(testing.Options(home)) == 106
    assert capsys.readouterr().out == "good: taken\nbad: NOT taken: /bin/false ended with 1\n"
    assert testing.run(testing.Options(home, "good", as_json=True)) == 0
    assert json.loads(capsys.readouterr().out) == {"good": {"taken": True, "error": None}}
    with pytest.raises(NotFound, match="nobody"):
        testing.run(testing.Options(home, "other"))
    assert not (home / "ledger.sqlite3").exists(), "a test is not recorded"
