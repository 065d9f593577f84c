from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.page.evidence import evidence
from vigiles.incidents.page.facts import Facts


def test_each_record_has_its_ledger_index_and_what_is_missing_is_named(facts: Facts, reading: Any) -> None:
    text = reading(str(evidence(facts))).text()
    assert "3 records that findings stand on." in text
    assert "[6] 2023-11-14 22:13:20.050 notifier process start process 11 ssh -NR 9022:localhost:22" in text
    assert "Named, but not readable (erased, or of another episode): obs-erased." in text


def test_much_is_folded(facts: Facts, reading: Any) -> None:
    timeline = msgspec.structs.replace(facts.timeline, evidence=facts.timeline.evidence * 200, missing=["gone"] * 90)
    seen = reading(str(evidence(msgspec.structs.replace(facts, timeline=timeline))))
    assert "… 500 records left out" in seen.text()
    assert "gone and 70 more." in seen.text()
    assert sum(tag == "tr" for tag, _ in seen.tags) == 102
