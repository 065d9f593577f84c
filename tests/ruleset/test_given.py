"""One grant beside one act that waits: each reason why it does not count, and the one that does."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.principal import Principal
from vigiles.model.stamp import Stamp
from vigiles.model.verdict import Verdict
from vigiles.ruleset.given import LEEWAY_US, Given, Waiting, not_counted, signed, unhex
from vigiles.ruleset.grants import sign_grant

KEY = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
PUBLIC = KEY.public_key().public_bytes_raw().hex()
HERE = Coordinates(run="run-1", episode="ep-1", turn=1, call=1)
EXPIRES = 300_000_000
NOW = Stamp(wall_us=0, mono_us=0, boot="b")
ACT = Act(id="act-1", at=NOW, coordinates=HERE, principal="agent", kind="tool_call", tool="wipe")
GRANT = sign_grant(ACT, "ann", "approve", KEY, nonce="n", expires_us=EXPIRES, id="grt-1", at=NOW)


def told(
    wall_us: int = 0,
    asker: str = "agent",
    place: Coordinates = HERE,
    approvers: tuple[str, ...] = (),
    approved: dict[str, str | None] | None = None,
    word: Any = "approve",
) -> str | None:
    grant = sign_grant(ACT, "ann", word, KEY, nonce="n", expires_us=EXPIRES, id="grt-1", at=NOW)
    person = Principal(id="pri-1", at=NOW, name="ann", kind="person", key=PUBLIC)
    verdict = Verdict(
        id="ver-1",
        at=Stamp(wall_us=wall_us, mono_us=0, boot="b"),
        act=ACT.id,
        decision="allow",
        reason="granted",
        ruleset="r",
        rules=[],
    )
    waiting = Waiting("ep-1", principal=asker, coordinates=place)
    return not_counted(Given(3, grant, person, False), verdict, waiting, list(approvers), approved or {})


def test_it_counts() -> None:
    assert told() is None
    assert told(wall_us=EXPIRES + LEEWAY_US - 1) is None
    assert told(approvers=("bea", "ann"), approved={"bea": "00"}) is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"place": Coordinates(run="run-1", episode="ep-1", turn=1, call=2)}, "another call"),
        ({"wall_us": EXPIRES + LEEWAY_US}, "had expired"),
        ({"asker": "ann"}, "asked for it"),
        ({"approvers": ("bea",)}, "not one of those"),
        ({"approved": {"ann": None}}, "a second"),
        ({"approved": {"bea": PUBLIC}}, "a second"),
    ],
)
def test_it_does_not(given: dict[str, Any], why: str) -> None:
    assert why in (told(**given) or "")


def test_a_refusal_counts_whoever_asked() -> None:
    assert told(word="refuse", asker="ann") is None


def test_a_signature_is_of_the_key_and_of_every_field() -> None:
    import msgspec

    assert signed(GRANT, PUBLIC)
    assert not signed(GRANT, "00" * 32)
    assert not signed(GRANT, "no key")
    for field, other in {"nonce": "m", "expires_us": 1, "principal": "eve", "decision": "refuse", "act_sha256": "0"}.items():
        assert not signed(msgspec.structs.replace(GRANT, **{field: other}), PUBLIC), field


@pytest.mark.parametrize(("key", "octets"), [(None, b""), ("", b""), ("0aff", b"\x0a\xff"), ("no key", b""), ("abc", b"")])
def test_what_is_no_key_is_none(key: str | None, octets: bytes) -> None:
    assert unhex(key) == octets
