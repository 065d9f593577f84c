from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.cli.principals import remove
from vigiles.model.errors import NotFound
from vigiles.runtime.approving.principals import Listed, add, registered


def test_who_is_removed_is_registered_no_more(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(home, Listed(name="robot", kind="agent"))
    assert remove.run(home, "robot", as_json=False) == 0
    assert "no more" in capsys.readouterr().out
    assert registered(home) == {}
    with pytest.raises(NotFound):
        remove.run(home, "robot", as_json=True)
