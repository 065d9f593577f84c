from __future__ import annotations

from typing import Any

import pytest

from vigiles.cli.incident import choice
from vigiles.ledger.query import LedgerReader
from vigiles.model.errors import NotFound


def test_names_that_are_none_or_several(ledger: Any) -> None:
    ledger.find("ep-1")
    with LedgerReader(ledger.home) as reader:
        with pytest.raises(NotFound, match="no incident"):
            choice.find(reader, "inc-ffff\x1b")
        with pytest.raises(NotFound):
            choice.find(reader, "inc")
