from __future__ import annotations

from typing import Any

import pytest

from vigiles.ledger.desk.messages import List, Show
from vigiles.ledger.desk.showing import answer, show
from vigiles.ledger.query import LedgerReader
from vigiles.model.errors import NotFound


def test_what_is_withheld_is_not_in_the_answer(ledger: Any, make: Any) -> None:
    ledger.append(make.act(1, "a secret"), make.flow("secret.example"))
    with LedgerReader(ledger.home.path) as reader:
        unsigned = show(reader, "0")
        assert (unsigned.note, unsigned.path) == (None, [])
        assert "no checkpoint" in unsigned.unproved
    ledger.book.sign()
    with LedgerReader(ledger.home.path) as reader:
        for which in ("0", "1"):
            told = answer(reader, Show(which), "headers")
            assert "secret" not in repr(told).replace("secret=None", "")
            assert told.body is None  # type: ignore[union-attr]  # Show is answered with Shown
        listed = answer(reader, List(run="run-1"), "headers")
        assert "secret" not in repr(listed)
        with pytest.raises(NotFound):
            answer(reader, Show("act-none"), "headers")
