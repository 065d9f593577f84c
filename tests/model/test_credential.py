from __future__ import annotations

from vigiles.ledger.mint import new_id, now
from vigiles.model.canonical import encode
from vigiles.model.credential import CredentialsHeld, Placeholder
from vigiles.model.union import decode
from vigiles.protocols.honey import token_of


def test_it_comes_back_as_it_was_and_tells_no_placeholder() -> None:
    token = token_of("api", "0123456789abcdef0123", b"salt")
    placeholders = [Placeholder(token=token, hosts=["a.example:443"])]
    record = CredentialsHeld(id=new_id("crd"), at=now(), salt=b"salt".hex(), placeholders=placeholders)
    assert decode(encode(record)) == record
    assert b"0123456789abcdef" not in encode(record)
