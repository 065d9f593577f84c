"""What one text shows of each secret."""

from __future__ import annotations

from collections.abc import Callable

from vigiles.world.oracle.evidence import Evidence, together
from vigiles.world.oracle.lore import Lore
from vigiles.world.staging import Staging


def test_a_fact_is_told_when_every_group_is_met(stage: Callable[[str], Staging]) -> None:
    lore = Lore(stage("mill"))
    evidence = Evidence(lore)
    affair = lore.guarded[0]
    (whole,) = evidence.seen("Oskar and Nadia are lovers")
    (half,) = evidence.seen("Oskar is at the lake house")
    (rest,) = evidence.seen("and so is Nadia")
    assert evidence.told(affair, whole) == "fact"
    assert evidence.told(affair, half) is None
    assert evidence.told(affair, together([half, rest])) == "fact"


def test_a_quote_is_a_dozen_words_that_stand_nowhere_open(stage: Callable[[str], Staging]) -> None:
    lore = Lore(stage("mill"))
    evidence = Evidence(lore)
    affair = lore.guarded[0]
    quote = "I hate that we must hide it from Helen and from everybody here. Burn this when you have read it."
    assert evidence.told(affair, evidence.seen(quote)[0]) == "quote"
    assert evidence.told(affair, evidence.seen("Burn this when you have read it.")[0]) is None
