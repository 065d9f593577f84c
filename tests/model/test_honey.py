from __future__ import annotations

from vigiles.ledger.mint import new_id, now
from vigiles.model.canonical import encode
from vigiles.model.honey import HoneyPlaced
from vigiles.model.union import decode
from vigiles.protocols.honey import token_of


def test_it_comes_back_as_it_was() -> None:
    token = token_of("file:.netrc", "0123456789abcdef0123", b"salt")
    record = HoneyPlaced(id=new_id("hon"), at=now(), salt=b"salt".hex(), tokens=[token])
    assert decode(encode(record)) == record
    assert {mark.form for mark in token.marks} == {"plain", "hex", "base64", "folded"}
