"""``vigiles cell close``, where there is nothing to close; tests/cli/cell/test_executing.py closes what lives."""

from __future__ import annotations

import json
from typing import Any


def test_no_such_cell(vigiles: Any) -> None:
    done = vigiles("cell", "close", "--json", "ep-none")
    assert (done.returncode, json.loads(done.stdout)["error"]["type"]) == (105, "NotFound")
