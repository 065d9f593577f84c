"""A signature holds for its label, its value and its key, and for nothing else."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.signature import holds, labelled, signed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
DATA = labelled(b"a/1\n", {"n": 1})


def test_it_holds_for_what_was_signed() -> None:
    assert holds(DATA, signed(DATA, KEY), PUBLIC)


@pytest.mark.parametrize("other", [labelled(b"b/1\n", {"n": 1}), labelled(b"a/1\n", {"n": 2}), b""])
def test_it_does_not_hold_for_another_label_or_value(other: bytes) -> None:
    assert not holds(other, signed(DATA, KEY), PUBLIC)


@pytest.mark.parametrize("signature", ["", "zz", "00" * 64, "é"])
def test_what_is_no_signature_does_not_hold(signature: str) -> None:
    assert not holds(DATA, signature, PUBLIC)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(32), bytes(33)])
def test_what_is_no_key_holds_nothing(public: bytes) -> None:
    assert not holds(DATA, signed(DATA, KEY), public)
