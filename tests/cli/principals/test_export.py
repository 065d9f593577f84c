from __future__ import annotations

import json
from pathlib import Path

import pytest

from vigiles.cli.principals import export
from vigiles.runtime.approving.principals import Listed, add


def test_the_register_is_printed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(home, Listed(name="robot", kind="agent"))
    export.run(home)
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["principals"]] == ["robot"]
