from __future__ import annotations

from typing import Any

import pytest

from vigiles.ledger.header import Header
from vigiles.ledger.query import LedgerReader
from vigiles.model.errors import NotFound


def test_headers_stay_when_bodies_are_erased(ledger: Any, make: Any) -> None:
    ledger.append(make.act(1), make.act(2), make.principal("p"))
    with LedgerReader(ledger.home.path) as reader:
        before = list(reader.headers({}))
    ledger.erase([0])
    with LedgerReader(ledger.home.path) as reader:
        after = list(reader.headers({}))
        assert [one.index for one in reader.headers({"type": "act", "call": 2})] == [1]
        assert [one.index for one in reader.headers({"run": "run-1"}, limit=1)] == [1]
        assert reader.header(0) == after[0]
        with pytest.raises(NotFound):
            reader.header(9)
        with pytest.raises(NotFound):
            reader.header(2**80)
    assert [one.body for one in after] == ["erased", "here", "here", "here"]
    assert after[0].id == before[0].id
    assert [one.path() for one in after[:3]] == ["run-1/ep-1/-/1", "run-1/ep-1/-/2", "-"]
    assert isinstance(after[0], Header)
