from __future__ import annotations

from vigiles.detectors.channels.rules import RULES
from vigiles.protocols.words import MIN_BITS


def test_ids_and_thresholds_are_those_that_decide() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.detector for rule in RULES} == {"channels"}
    assert {rule.thresholds["word_bits"] for rule in RULES if "word_bits" in rule.thresholds} == {MIN_BITS}
