from __future__ import annotations

import json
from typing import Any

from vigiles.cli.approvals.view import lines, plain, what
from vigiles.runtime.approving.queue import waiting


def test_a_program_gets_it_whole_and_a_person_safely(held: Any) -> None:
    (one,) = waiting(held.home)
    assert json.loads(json.dumps(plain(one)))["act"]["arguments"] == {"path": "data\x1b]0;x"}
    assert "\x1b" not in "\n".join(lines(one))
    assert what(one.act, 80).startswith("rm -rf data")
