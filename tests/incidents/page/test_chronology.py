from __future__ import annotations

from typing import Any

from vigiles.incidents.page.chronology import ROWS, chronology
from vigiles.incidents.page.facts import Facts
from vigiles.model.episode import EpisodeEnded
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessStart
from vigiles.model.union import Recorded


def test_every_record_of_a_short_story_has_a_row_in_order(facts: Facts, reading: Any) -> None:
    text = reading(str(chronology(facts))).text()
    order = ["episode opened for", "cell ready", "act bash", "verdict: allow", "process 10 bash", "connect by process 11",
             "ssh directly to far.example:22", "result: performed", "finding, high", "cut egress of call 2",
             "process 11 ended", "training is told penalty", "episode ended: response"]  # fmt: skip
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "19 records of 19" in text
    assert "2023-11-14 22:13:20.110 25 ms [15] response" in text


def test_a_long_story_is_folded_with_counts(telling: Any, records: list[Recorded], make: Any, reading: Any) -> None:
    place = next(number for number, record in enumerate(records) if isinstance(record, ProcessStart))
    many = [
        Connect(**make.seen(), pid=11, family="inet", transport="tcp", address="192.0.2.1", port=n, outcome="refused")
        for n in range(500)
    ]
    at = records[0].at
    flood = Flood(**make.seen(), kind="connect", what="refused", count=9000, first=at, last=at)
    facts: Facts = telling([*records[:place], *many, *records[place:-1], flood, records[-1]])
    seen = reading(str(chronology(facts)))
    text = seen.text()
    assert "500 connect" in text
    assert "9000 times in 0 us: connect refused" in text, "one record that stands for many is not folded"
    assert "… 501 records within" in text, "the process that no finding names is among them"
    assert "verdict: allow" in text
    assert "cut egress of call 2" in text
    assert sum(tag == "tr" for tag, _ in seen.tags) < 30


def test_even_what_matters_is_bounded(telling: Any, records: list[Recorded], make: Any, reading: Any) -> None:
    ends = [EpisodeEnded(**make.head("rec", None), reason="closed") for _ in range(3 * ROWS)]
    seen = reading(str(chronology(telling([*records, *ends]))))
    assert sum(tag == "tr" for tag, _ in seen.tags) <= ROWS + ROWS // 2
    assert "further records of weight were left out as well" in seen.text()
