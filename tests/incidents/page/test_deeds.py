from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.page.deeds import deeds
from vigiles.incidents.page.facts import Facts
from vigiles.model.response import ProcessSnapshot


def test_each_response_has_time_target_outcome_and_speed(facts: Facts, reading: Any) -> None:
    assert "[15] 2023-11-14 22:13:20.110 cut egress call 2 done 12 ms" in reading(str(deeds(facts))).text()


def test_a_freeze_shows_what_was_alive(facts: Facts, make: Any, reading: Any) -> None:
    alive = [ProcessSnapshot(pid=n, ppid=1, call=2, exe="/x", argv=["<b>", "\x1b"], cpu_us=9, state="T") for n in range(40)]
    freeze = make.response(None, kind="freeze", processes=alive, outcome="failed", error="<u>")
    told = msgspec.structs.replace(facts, timeline=msgspec.structs.replace(facts.timeline, responses=[(3, freeze)]))
    text = reading(str(deeds(told))).text()
    assert "Alive when record [3] froze the cell: 40 processes, 0 open flows." in text
    assert "… 16 processes left out" in text
    assert "failed: <u>" in text
    assert "'<b>' '\\x1b'" in text


def test_nothing_is_said(facts: Facts, reading: Any) -> None:
    bare = msgspec.structs.replace(facts, timeline=msgspec.structs.replace(facts.timeline, responses=[]))
    assert "Nothing beyond recording it and telling." in reading(str(deeds(bare))).text()
