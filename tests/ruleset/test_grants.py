"""Which grants count, and the reason code of each that does not."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.grant import Grant
from vigiles.model.principal import Principal
from vigiles.model.stamp import Stamp
from vigiles.ruleset.grants import Heard, Hearing, Terms, Word, act_digest, register, sign_grant

AT = Stamp(wall_us=1_000, mono_us=1, boot="b")
KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n, name in enumerate(("ann", "bea", "cy", "dan"))}


def principal(name: str, kind: str = "person", removed: bool = False, key: str | None = None) -> Principal:
    public = KEYS[key or name].public_key().public_bytes_raw().hex()
    return Principal(id=f"pri-{name}", at=AT, name=name, kind=kind, key=public, removed=removed)  # type: ignore[arg-type]


KNOWN = register([principal("ann"), principal("bea"), principal("cy", kind="service")])


def act(tool: str = "deploy", number: int = 1) -> Act:
    where = Coordinates(run="run-1", episode="ep-1", turn=1, call=number)
    return Act(id=f"act-{number}", at=AT, coordinates=where, principal="agent", kind="tool_call", tool=tool)


def grant(
    by: str = "ann", word: Word = "approve", nonce: str = "n1", expires_us: int = 2_000, of: Act | None = None
) -> Grant:
    key = KEYS[by]
    return sign_grant(of or act(), by, word, key, nonce=nonce, expires_us=expires_us, id=f"grt-{nonce}", at=AT)


class Case:
    """A hearing under fixed terms."""

    def __init__(self, of: Act, used: set[str], terms: Terms) -> None:
        self.hearing, self.terms = Hearing(of, used), terms

    def hear(self, given: Grant, known: dict[str, Principal], now_us: int) -> Heard:
        return self.hearing.hear(given, self.terms, known, now_us)


def hearing(**terms: object) -> Case:
    return Case(act(), set(), Terms(**terms))  # type: ignore[arg-type]


def test_one_person_approves_one_act() -> None:
    heard = hearing().hear(grant(), KNOWN, 1_500)
    assert (heard.decided, heard.reason) == (True, "granted")


def test_one_refusal_decides_also_where_two_must_approve() -> None:
    case = hearing(persons=2, approvers=("bea",))
    assert case.hear(grant("ann", "refuse"), KNOWN, 1_500).reason == "grant_refused"


def test_two_persons_of_two_keys() -> None:
    case = hearing(persons=2)
    assert case.hear(grant(), KNOWN, 1_500) == msgspec.structs.replace(case.hear(grant(), KNOWN, 1_500), reason=None)
    assert case.hearing.late() == "grant_alone"
    assert case.hear(grant(nonce="n2"), KNOWN, 1_500).reason == "grant_alone"
    twin = {**KNOWN, "dan": principal("dan", key="ann")}
    one_key = sign_grant(act(), "dan", "approve", KEYS["ann"], nonce="n3", expires_us=2_000, id="grt-3", at=AT)
    assert case.hear(one_key, twin, 1_500).reason == "grant_alone", "two names with one key are one person"
    assert case.hear(grant("bea", nonce="n4"), KNOWN, 1_500).reason == "granted"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"decision": "refuse"}, "grant_altered"),
        ({"expires_us": 9_000}, "grant_altered"),
        ({"nonce": "other"}, "grant_altered"),
        ({"principal": "bea"}, "grant_altered"),
        ({"act_sha256": act_digest(act("pay"))}, "grant_altered"),
        ({"signature": "00" * 64}, "grant_altered"),
        ({"signature": "no hex"}, "grant_altered"),
        ({"principal": "nobody"}, "grant_unknown"),
    ],
)
def test_a_grant_that_was_changed_does_not_count(changed: dict[str, object], reason: str) -> None:
    heard = hearing().hear(msgspec.structs.replace(grant(), **changed), KNOWN, 1_500)
    assert (heard.decided, heard.reason) == (False, reason)


def test_a_grant_of_one_act_is_none_of_the_next_though_both_ask_the_same() -> None:
    case = Case(act(number=2), set(), Terms())
    assert case.hear(grant(of=act(number=1)), KNOWN, 1_500).reason == "grant_altered"


def test_a_grant_counts_once() -> None:
    used: set[str] = set()
    first, second = Case(act(), used, Terms()), Case(act(), used, Terms())
    assert first.hear(grant(), KNOWN, 1_500).reason == "granted"
    assert second.hear(grant(), KNOWN, 1_500).reason == "grant_replayed"


@pytest.mark.parametrize(("now_us", "reason"), [(1_999, "granted"), (2_000, "grant_expired"), (9_000, "grant_expired")])
def test_a_grant_expires(now_us: int, reason: str) -> None:
    assert hearing().hear(grant(), KNOWN, now_us).reason == reason


def test_nobody_approves_an_act_of_an_agent_that_they_run_alone() -> None:
    assert hearing(operators=("ann",)).hear(grant(), KNOWN, 1_500).reason == "grant_self"
    assert hearing(operators=("ann", "bea")).hear(grant(), KNOWN, 1_500).reason == "granted"
    assert hearing(operators=("ann",)).hear(grant(word="refuse"), KNOWN, 1_500).reason == "grant_refused"


def test_nobody_approves_their_own_act() -> None:
    own = msgspec.structs.replace(act(), principal="ann")
    assert Case(own, set(), Terms()).hear(grant(of=own), KNOWN, 1_500).reason == "grant_self"


def test_who_is_no_person_or_was_removed_or_is_not_listed_approves_nothing() -> None:
    assert hearing().hear(grant("cy"), KNOWN, 1_500).reason == "grant_unknown"
    gone = register([principal("ann"), principal("ann", removed=True)])
    assert hearing().hear(grant(), gone, 1_500).reason == "grant_unknown"
    assert hearing(approvers=("bea",)).hear(grant(), KNOWN, 1_500).reason == "grant_unlisted"


def test_the_newest_key_of_a_name_counts() -> None:
    changed = register([principal("ann"), principal("ann", key="bea")])
    assert hearing().hear(grant(), changed, 1_500).reason == "grant_altered"
    by_new = sign_grant(act(), "ann", "approve", KEYS["bea"], nonce="n", expires_us=2_000, id="grt", at=AT)
    assert hearing().hear(by_new, changed, 1_500).reason == "granted"
