from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vigiles.ledger.columns import columns_of
from vigiles.ledger.mint import now
from vigiles.model.attribution import NOBODY
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.network import Connect


def test_an_act(make: Any) -> None:
    record = make.act(7)
    assert columns_of(record) == ("act", record.id, "run-1", "ep-1", 7, None, record.at.wall_us)


def test_a_record_about_the_installation(make: Any) -> None:
    record = make.principal("alice")
    assert columns_of(record) == ("principal", record.id, None, None, None, None, record.at.wall_us)


def test_hosts(make: Any) -> None:
    base = {"id": "obs-1", "at": now(), "sensor": "s", "attribution": NOBODY}
    connect = Connect(**base, pid=1, family="inet", transport="tcp", address="203.0.113.9", port=1, outcome="door")
    assert columns_of(make.flow("example.org")).host == "example.org"
    assert columns_of(make.flow("x" * 300)).host == "x" * 255
    assert columns_of(make.flow("")).host is None
    assert columns_of(connect).host == "203.0.113.9"
    assert columns_of(msgspec.structs.replace(connect, host="example.org")).host == "example.org"
    assert columns_of(msgspec.structs.replace(connect, family="unix", address="/run/x")).host is None
    query = DnsQuery(**base, name="a.example.org", qtype="A", outcome="answered")
    assert columns_of(query).host == "a.example.org"


@pytest.mark.parametrize("host", ["\x1b[2J", "a\x00b", "é"])
def test_agent_text_stays_as_it_is(make: Any, host: str) -> None:
    assert columns_of(make.flow(host)).host == host
