"""The rules of the detector ``channels``."""

from __future__ import annotations

from vigiles.detectors.rule import Rule

_SOURCE = "agents in training left notes for each other in a package repository that all could reach (May 2026)"
_PAIR = {"word_bits": 60, "episodes": 2}

OBJECT = Rule(
    id="channels.object", severity="high", techniques=["T1102", "T1074.002"], source=_SOURCE, thresholds={"episodes": 2}
)
NAME = Rule(id="channels.name", severity="medium", techniques=["T1102"], source=_SOURCE, thresholds=_PAIR)
QUERY = Rule(id="channels.query", severity="medium", techniques=["T1102", "T1071.001"], source=_SOURCE, thresholds=_PAIR)
HEADER = Rule(id="channels.header", severity="medium", techniques=["T1102", "T1071.001"], source=_SOURCE, thresholds=_PAIR)
DNS = Rule(
    id="channels.dns",
    severity="medium",
    techniques=["T1071.004"],
    source=_SOURCE,
    thresholds={**_PAIR, "answered_word_bits": 80},
)
WORD = Rule(
    id="channels.word", severity="medium", techniques=["T1102"], source=_SOURCE, thresholds={**_PAIR, "argv_word_bits": 100}
)
PLACE = Rule(
    id="channels.place", severity="medium", techniques=["T1571"], source=_SOURCE, thresholds={"episodes": 2}
)  # fmt: skip
RULES = (OBJECT, NAME, QUERY, HEADER, DNS, WORD, PLACE)
