from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.flows import flows
from vigiles.model.observation.flood import Flood


def test_the_table_says_what_the_picture_shows(facts: Facts, reading: Any) -> None:
    text = reading(str(flows(facts))).text()
    assert "[9] 2 22:13:18.570 far.example:22 (ssh.client=SSH-2.0-x) ssh 2.9 KiB 2.0 KiB 1.50 s the far side open" in text


def test_many_are_folded_with_their_sums(facts: Facts, reading: Any) -> None:
    one = facts.flows[0]
    many = [msgspec.structs.replace(one, index=n, last=msgspec.structs.replace(one.last, flow=f"f{n}")) for n in range(200)]
    seen = reading(str(flows(msgspec.structs.replace(facts, flows=many))))
    assert "… 120 flows left out: 351.6 KiB out, 234.4 KiB in" in seen.text()
    assert "The picture holds 12 of 200 flows." in seen.text()
    assert sum(tag == "tr" for tag, _ in seen.tags) == 82


def test_what_was_only_counted_is_told(facts: Facts, reading: Any, make: Any) -> None:
    at = facts.flows[0].last.at
    flood = Flood(**make.seen(), kind="flow", what="close", count=700, first=at, last=at, bytes_out=2048, bytes_in=1024)
    told = msgspec.structs.replace(facts, story=[*facts.story, (99, flood)])
    words = "700 states of further flows came too fast and were only counted: 2.0 KiB out, 1.0 KiB in."
    assert words in reading(str(flows(told))).text()
    assert words in reading(str(flows(msgspec.structs.replace(told, flows=[])))).text()
    assert "too fast" not in reading(str(flows(facts))).text()


def test_none_is_said(facts: Facts, reading: Any) -> None:
    assert "No single flow" in reading(str(flows(msgspec.structs.replace(facts, flows=[])))).text()
