from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ledger import leaf
from vigiles.model import canonical

SECRET = bytes(range(32))


def test_a_leaf_by_hand() -> None:
    body = b'{"type":"act"}'
    salt = hmac.new(SECRET, b"vigiles/ledger/1/body", hashlib.sha256).digest()
    commitment = hashlib.sha256(salt + body).hexdigest()
    assert leaf.seal("act", body, SECRET) == b'{"commitment":"' + commitment.encode() + b'","type":"act","v":1}'


@given(st.binary(max_size=100), st.binary(min_size=32, max_size=32))
def test_a_leaf_is_canonical_json(body: bytes, secret: bytes) -> None:
    sealed = leaf.seal("act", body, secret)
    assert rfc8785.dumps(json.loads(sealed)) == sealed
    assert len(sealed) < 200


@given(st.binary(max_size=50), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_equal_bodies_do_not_show(body: bytes, one: bytes, other: bytes) -> None:
    assert (leaf.commitment(body, one) == leaf.commitment(body, other)) == (one == other)


@pytest.mark.parametrize("name", ["", "Act", "a-b", 'a"', "a" * 65, "é", "1a", "act\n"])
def test_type_names_are_closed(name: str) -> None:
    with pytest.raises(ValueError, match="type name"):
        leaf.seal(name, b"{}", SECRET)


@pytest.mark.parametrize(
    ("kind", "secret", "digests"),
    [
        ("act", b"short", None),
        ("act", SECRET, []),
        ("incident", SECRET, None),
        ("incident", SECRET, ["x"]),
        ("incident", SECRET, ["B" * 43, "A" * 43]),
        ("incident", SECRET, ["A" * 43] * 1500),
    ],
)
def test_what_makes_no_leaf(kind: str, secret: bytes, digests: list[str] | None) -> None:
    with pytest.raises(ValueError, match=r"secret|digests|tile"):
        leaf.seal(kind, b"{}", secret, digests)


def test_the_digest_of_the_standards_own_disclosure() -> None:
    # RFC 9901, section 4.2.3
    disclosure = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert leaf.disclosure_digest(disclosure) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


plain = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=10)
fields = st.dictionaries(
    st.text("abcdefgh_", min_size=1, max_size=8), plain | st.lists(plain) | st.dictionaries(st.just("x"), plain)
)


@given(fields, st.binary(min_size=32, max_size=32))
def test_every_disclosure_opens_one_digest(record: dict[str, object], secret: bytes) -> None:
    record["type"] = "incident"
    digests = leaf.field_digests(canonical.encode(record), secret)
    assert digests == sorted(digests)
    assert len(digests) == len(set(digests))
    assert len(digests) % 32 == 0
    opened: dict[str, object] = {}
    for name, disclosure in leaf.disclosures(record, secret).items():
        assert digests.count(leaf.disclosure_digest(disclosure)) == 1
        salt, told, value = json.loads(base64.urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4)))
        assert (len(salt), told) == (22, name)
        opened[name] = value
    flat: dict[str, object] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value:
            flat |= {f"{name}.{member}": inner for member, inner in value.items()}
        elif name != "type":
            flat[name] = value
    assert opened == flat


def test_decoys_hide_the_number_of_fields() -> None:
    few = leaf.field_digests(b'{"a":1,"type":"incident"}', SECRET)
    many = leaf.field_digests(canonical.encode({"type": "incident"} | {f"f{n}": n for n in range(30)}), SECRET)
    assert len(few) == len(many) == 32
    assert {len(digest) for digest in few} == {43}
