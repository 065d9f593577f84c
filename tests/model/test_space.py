"""Room on the ledger's disk, on record."""

from __future__ import annotations

import msgspec
import pytest

from vigiles.ledger.columns import columns_of
from vigiles.model import canonical
from vigiles.model.space import LedgerSpace
from vigiles.model.stamp import Stamp
from vigiles.model.union import decode

LOW = LedgerSpace(id="r", at=Stamp(wall_us=5, mono_us=1, boot="b"), state="low", free_bytes=0, reserve_bytes=1 << 24)


def test_it_reads_as_it_was_written() -> None:
    assert decode(canonical.encode(LOW)) == LOW


def test_it_is_about_the_installation() -> None:
    assert columns_of(LOW) == ("ledger_space", "r", None, None, None, None, 5)


def test_only_known_states() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(canonical.encode(LOW).replace(b'"low"', b'"lower"'))
