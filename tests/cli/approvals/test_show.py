from __future__ import annotations

from typing import Any

import pytest

from vigiles.cli.approvals import show
from vigiles.model.errors import NotFound


def test_all_that_is_signed_is_shown_safely(held: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert show.run(held.home, "last", as_json=False) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    for told in (held.act.id, "rm -rf data", "run-1", "held by: ask", "1 person", "digest that is signed"):
        assert told in out
    with pytest.raises(NotFound):
        show.run(held.home, "act-none", as_json=False)
