from __future__ import annotations

import json
from pathlib import Path

import pytest

from vigiles.cli.principals import show
from vigiles.model.errors import NotFound
from vigiles.runtime.approving.principals import Listed, add


def test_one_is_shown_and_another_is_not_found(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(home, Listed(name="robot", kind="agent"))
    show.run(home, "robot", as_json=False)
    assert "no key" in capsys.readouterr().out
    show.run(home, "robot", as_json=True)
    assert json.loads(capsys.readouterr().out)["kind"] == "agent"
    with pytest.raises(NotFound):
        show.run(home, "ann", as_json=False)
