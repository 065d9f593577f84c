"""The recorder's words as both clients take them."""

from __future__ import annotations

import pytest

from vigiles.ledger import wire
from vigiles.ledger.answers import Unreadable, failure, gone, taken
from vigiles.model.errors import InputInvalid, LedgerUnwritable


def test_whole_messages_are_taken_and_the_rest_waits() -> None:
    words = [wire.Done(1, 7), wire.Lost(2), wire.Space(True)]
    data = b"".join(map(wire.frame, words))
    incoming = bytearray(data[:-1])
    assert taken(incoming) == words[:-1]
    incoming += data[-1:]
    assert taken(incoming) == words[-1:]
    assert incoming == b""


@pytest.mark.parametrize(
    "data", [b"\xff" * 8, (3).to_bytes(wire.HEADER_BYTES, "big") + b"\xc1\xc1\xc1", wire.frame(wire.Append(1, True, []))]
)
def test_what_is_no_message_of_a_recorder(data: bytes) -> None:
    with pytest.raises(Unreadable):
        taken(bytearray(data))


def test_whose_fault_it_was() -> None:
    assert isinstance(failure(wire.Failed(1, True, "m", "r")), InputInvalid)
    error = failure(wire.Failed(1, False, "m", "r"))
    assert isinstance(error, LedgerUnwritable)
    assert (str(error), error.remedy, gone("again").remedy) == ("m", "r", "again")
