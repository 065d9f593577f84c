from __future__ import annotations

import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.erasure import payload, registered_key, sign_erasure, signature_holds
from vigiles.model.errors import InputInvalid

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()


def test_the_signed_bytes() -> None:
    assert payload([1, 5], "a law", "alice") == (
        b'vigiles/erasure/1\n{"indices":[1,5],"principal":"alice","reason":"a law"}'
    )


def test_signed_and_checked() -> None:
    record = sign_erasure([5, 1, 5], "a law", "alice", KEY)
    assert record.indices == [1, 5]
    assert signature_holds(record, PUBLIC)
    for change in ({"indices": [1]}, {"reason": "b"}, {"principal": "bob"}, {"signature": "00" * 64}, {"signature": "zz"}):
        assert not signature_holds(msgspec.structs.replace(record, **change), PUBLIC)
    assert not signature_holds(record, bytes(31))


@pytest.mark.parametrize("indices", [[], [-1]])
def test_nothing_to_erase(indices: list[int]) -> None:
    with pytest.raises(InputInvalid):
        sign_erasure(indices, "r", "alice", KEY)


def test_the_newest_registration_counts() -> None:
    bodies = [
        json.dumps(told).encode()
        for told in ({"name": "bob"}, {"name": "alice", "key": "aa"}, {"name": "alice", "key": "bb"})
    ]
    assert registered_key("alice", bodies) == b"\xaa"
    assert registered_key("bob", bodies) is None
    assert registered_key("carol", bodies) is None
