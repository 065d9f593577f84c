from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.cli.principals import listing
from vigiles.runtime.approving.principals import Listed, add


def test_the_register_as_a_table(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listing.run(home, as_json=False)
    assert "nobody is registered" in capsys.readouterr().out
    add(home, Listed(name="robot", kind="agent", attributes={"note": "\x1b[2J"}))
    listing.run(home, as_json=False)
    out = capsys.readouterr().out
    assert "robot" in out
    assert "\x1b" not in out
