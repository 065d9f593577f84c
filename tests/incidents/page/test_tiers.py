from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.tiers import ALWAYS, WEAKER, tiers
from vigiles.model.cell import ProbeResult


def test_the_tier_its_weak_points_and_what_was_not_applied_are_told(facts: Facts, reading: Any) -> None:
    text = reading(str(tiers(facts))).text()
    assert "tier U kernel 6.18 tried inside before the first call 2 forbidden things: all were stopped" in text
    assert all(line in text for line in (*WEAKER["U"], *ALWAYS))
    assert "not applied: shared_cpus: weaker: no groups here" in text
    assert "landlock" not in text


def test_what_was_not_stopped_is_shouted(facts: Facts, reading: Any) -> None:
    assert facts.cell is not None
    cell = msgspec.structs.replace(facts.cell, probes=[ProbeResult(name="raw<b>", stopped=False)], tier="R")
    text = reading(str(tiers(msgspec.structs.replace(facts, cell=cell)))).text()
    assert "1 forbidden thing: NOT stopped: raw<b>" in text
    assert WEAKER["R"][0] in text


def test_without_a_cell_record_the_opening_is_believed(facts: Facts, reading: Any) -> None:
    assert "tier U " in reading(str(tiers(msgspec.structs.replace(facts, cell=None)))).text()
    nothing = msgspec.structs.replace(facts, cell=None, timeline=msgspec.structs.replace(facts.timeline, opened=None))
    assert "tier not recorded" in reading(str(tiers(nothing))).text()


def test_every_tier_that_can_be_had_has_its_words() -> None:
    assert set(WEAKER) == {"U-", "U", "R"}
