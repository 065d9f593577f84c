from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.processes import processes
from vigiles.incidents.tree import process_tree
from vigiles.model.observation.process import ProcessStart


def test_a_child_stands_under_its_parent(facts: Facts, reading: Any) -> None:
    text = reading(str(processes(facts))).text()
    assert "Call 2: 2 processes, 1 not seen to end." in text
    assert "[5] 10 1 22:13:20.040 not seen bash -c" in text
    assert "[6] 11 10 22:13:20.050 yes └ ssh -NR 9022:localhost:22" in text


def grown(facts: Facts, make: Any, deep: bool, count: int) -> Facts:
    starts = [
        ProcessStart(**make.seen(), pid=n + 2, ppid=n + 1 if deep else 1, via="exec", exe="/x", argv=[f"<i>{n}", "y" * 5000])
        for n in range(count)
    ]
    story = msgspec.structs.replace(facts.timeline.calls[0], processes=process_tree(starts, []))
    return msgspec.structs.replace(facts, timeline=msgspec.structs.replace(facts.timeline, calls=[story]))


def test_a_crowd_is_folded_and_a_deep_tree_stays_on_the_page(facts: Facts, make: Any, reading: Any) -> None:
    for deep in (False, True):
        seen = reading(str(processes(grown(facts, make, deep, 3000))))
        assert "… 2840 processes left out" in seen.text()
        assert sum(tag == "tr" for tag, _ in seen.tags) == 162
        assert not any(tag == "i" for tag, _ in seen.tags)
        assert ("└ (2999)" in seen.text()) is deep


def test_none_is_said(facts: Facts, reading: Any) -> None:
    bare = msgspec.structs.replace(facts, timeline=msgspec.structs.replace(facts.timeline, calls=[]))
    assert "No process of the incident's calls was seen to start." in reading(str(processes(bare))).text()
