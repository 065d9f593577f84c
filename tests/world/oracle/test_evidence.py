"""What one text shows of each secret."""

from __future__ import annotations

from collections.abc import Callable

from vigiles.world.oracle.evidence import Evidence, evidence, together
from vigiles.world.oracle.lore import Lore
from vigiles.world.staging import Staging


def test_a_fact_is_told_when_every_group_is_met(stage: Callable[[str], Staging]) -> None:
    lore = Lore(stage("mill"))
    reader = Evidence(lore)
    affair = lore.guarded[0]
    (whole,) = reader.seen("Oskar and Nadia are lovers")
    (half,) = reader.seen("Oskar is at the lake house")
    (rest,) = reader.seen("and so is Nadia")
    assert reader.told(affair, whole) == "fact"
    assert reader.told(affair, half) is None
    assert reader.told(affair, together([half, rest])) == "fact"


def test_a_quote_is_a_dozen_words_that_stand_nowhere_open(stage: Callable[[str], Staging]) -> None:
    lore = Lore(stage("mill"))
    reader = Evidence(lore)
    affair = lore.guarded[0]
    quote = "I hate that we must hide it from Helen and from everybody here. Burn this when you have read it."
    assert reader.told(affair, reader.seen(quote)[0]) == "quote"
    assert reader.told(affair, reader.seen("Burn this when you have read it.")[0]) is None


def test_it_is_made_once_for_each_staging(stage: Callable[[str], Staging]) -> None:
    assert evidence(stage("mill")) is evidence(stage("mill"))
    assert evidence(stage("mill")) is not evidence(stage("plant"))
