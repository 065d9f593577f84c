from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.flows import flows


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


def test_none_is_said(facts: Facts, reading: Any) -> None:
    assert "No flow" in reading(str(flows(msgspec.structs.replace(facts, flows=[])))).text()
