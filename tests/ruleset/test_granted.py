"""The grants on record, checked again: each problem, and the honest ledger beside it that has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ledger.erasure import sign_erasure
from vigiles.model import canonical
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.grant import Grant
from vigiles.model.principal import Principal
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.given import LEEWAY_US
from vigiles.ruleset.granted import KINDS, Findings, GrantsAudit
from vigiles.ruleset.grants import Word, sign_grant
from vigiles.ruleset.load import load_profile, ruleset_of

NAMES = ("ann", "bea", "cy", "eve")
KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([n + 1]) * 32) for n, name in enumerate(NAMES)}
SECOND = 1_000_000
EXPIRES = 300 * SECOND


def at(second: int) -> Stamp:
    return Stamp(wall_us=second * SECOND, mono_us=second * SECOND, boot="b")


def place(call: int = 1, episode: str = "ep-1") -> Coordinates:
    return Coordinates(run="run-1", episode=episode, turn=1, call=call)


def act(call: int = 1, episode: str = "ep-1", principal: str = "agent") -> Act:
    where = place(call, episode)
    return Act(id=f"act-{episode}-{call}", at=at(1), coordinates=where, principal=principal, kind="tool_call", tool="wipe")


def verdict(of: Act, decision: str, reason: str, second: int = 100, **more: Any) -> Verdict:
    given = {"ruleset": "r", "rules": ["wipes-wait"], **more}
    return Verdict(
        id=f"ver-{second}", at=at(second), coordinates=of.coordinates, act=of.id, decision=decision, reason=reason, **given
    )  # type: ignore[arg-type]


def hold(of: Act, persons: int = 1, **more: Any) -> Verdict:
    return verdict(of, "hold", "rule_forbids", 2, persons=persons, expires_us=EXPIRES, **more)


def person(name: str, key: str | None = None, where: Coordinates | None = None, **more: Any) -> Principal:
    public = KEYS[key or name].public_key().public_bytes_raw().hex()
    return Principal(
        **{"id": f"pri-{name}", "at": at(0), "coordinates": where, "name": name, "kind": "person", "key": public, **more}
    )


def grant(of: Act, by: str = "ann", nonce: str = "", word: Word = "approve", key: str | None = None, id: str = "") -> Grant:
    nonce = nonce or f"{by}-{of.id}"
    signer = KEYS[key or by]
    return sign_grant(of, by, word, signer, nonce=nonce, expires_us=EXPIRES, id=id or f"grt-{nonce}", at=at(50))


def granted(of: Act, second: int = 100, **more: Any) -> Verdict:
    return verdict(of, "allow", "granted", second, **more)


def opened(episode: str, tier: str) -> EpisodeOpened:
    where = Coordinates(run="run-1", episode=episode)
    return EpisodeOpened(
        id=f"rec-{episode}", at=at(0), coordinates=where, principal="a", profile="p", ruleset="r", tier=tier
    )


def ended(episode: str = "ep-1") -> EpisodeEnded:
    return EpisodeEnded(id="rec-end", at=at(200), coordinates=Coordinates(run="run-1", episode=episode), reason="closed")


class Book:
    """A ledger in memory; ``erased`` are the indexes whose bodies are gone."""

    def __init__(self, records: list[Recorded], erased: set[int]) -> None:
        self.records, self.gone = records, erased

    def act(self, id: str, before: int) -> tuple[int, bytes | None] | None:
        for index in reversed(range(before)):
            record = self.records[index]
            if isinstance(record, Act) and record.id == id:
                return index, None if index in self.gone else canonical.encode(record)
        return None

    def erased(self, episode: str | None, call: int | None) -> Counter[str]:
        def fits(record: Recorded) -> bool:
            where = record.coordinates
            return where is not None and (where.episode, where.call) == (episode, call)

        records = [self.records[index] for index in self.gone]
        return Counter(str(one.__struct_config__.tag) for one in records if fits(one))


def audit(*records: Recorded, erased: set[int] | None = None, compiled: Callable[[str], Ruleset] = ruleset_of) -> Findings:
    gone = erased or set()
    looks = GrantsAudit(Book(list(records), gone), compiled)
    for index, record in enumerate(records):
        kind, where = str(record.__struct_config__.tag), record.coordinates
        if kind in KINDS:
            looks.see(index, kind, where.episode if where is not None else None, None if index in gone else record)
    return looks.finish()


def words(told: Findings) -> list[str]:
    return [f"{index}: {what}" for index, what in told.problems]


ANN, BEA, ONE, TWO = person("ann"), person("bea"), act(), act(2)
GRANT = grant(ONE)
TURNED = verdict(ONE, "hold", "grant_unknown", 60, rules=["grt-eve-act-ep-1-1"])


def changed(record: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(record, **fields)


HONEST: dict[str, tuple[list[Recorded], tuple[int, int]]] = {
    "nothing": ([], (0, 0)),
    "one person": ([ANN, ONE, hold(ONE), GRANT, granted(ONE)], (1, 1)),
    "two persons": ([ANN, BEA, ONE, hold(ONE, 2), GRANT, grant(ONE, "bea"), granted(ONE)], (2, 1)),
    "a refusal": ([ANN, ONE, hold(ONE), grant(ONE, word="refuse"), verdict(ONE, "deny", "grant_refused")], (1, 0)),
    "granted, then out of budget": ([ANN, ONE, hold(ONE), GRANT, verdict(ONE, "deny", "budget_calls")], (1, 0)),
    "one of two": ([ANN, ONE, hold(ONE, 2), GRANT, verdict(ONE, "deny", "grant_alone")], (1, 0)),
    "too late": ([ANN, ONE, hold(ONE), verdict(ONE, "deny", "hold_expired"), GRANT], (1, 0)),
    "after the end": ([ANN, ONE, hold(ONE), ended(), GRANT], (1, 0)),
    "removed afterwards": ([ANN, ONE, hold(ONE), GRANT, person("ann", removed=True, key=None), granted(ONE)], (1, 1)),
    "a new key afterwards": ([ANN, ONE, hold(ONE), GRANT, person("ann", "cy"), granted(ONE)], (1, 1)),
    "two acts at once": (
        [ANN, ONE, hold(ONE), TWO, hold(TWO), grant(TWO), GRANT, granted(ONE), granted(TWO)],
        (2, 2),
    ),
    "no act waits": ([ANN, ONE, verdict(ONE, "allow", "allowed"), ended()], (0, 0)),
    "heard just in time": (
        [ANN, ONE, hold(ONE), GRANT, granted(ONE, EXPIRES // SECOND + 1)],
        (1, 1),
    ),
    "a second word of the same person was turned away": (
        [ANN, BEA, ONE, hold(ONE, 2), GRANT, grant(ONE, nonce="n2"),
         verdict(ONE, "hold", "grant_alone", 60, rules=["grt-n2"]), grant(ONE, "bea"), granted(ONE)],
        (3, 1),
    ),
}  # fmt: skip

PROBLEMS: dict[str, tuple[list[Recorded], list[str]]] = {
    "no grant": ([ANN, ONE, hold(ONE), granted(ONE)], ["3: act-ep-1-1 was allowed as granted with 0 of 1 grant"]),
    "no grant and no hold": ([ONE, granted(ONE)], ["1: act-ep-1-1 was allowed as granted with 0 of 1 grant"]),
    "no act": ([granted(ONE)], ["0: act-ep-1-1 was allowed as granted, and no such act is there before it"]),
    "allowed without a word of persons": (
        [ANN, ONE, hold(ONE), verdict(ONE, "allow", "allowed")],
        ["3: act-ep-1-1 was allowed as granted with 0 of 1 grant"],
    ),
    "one of two": (
        [ANN, BEA, ONE, hold(ONE, 2), GRANT, granted(ONE)],
        ["5: act-ep-1-1 was allowed as granted with 1 of 2 grants"],
    ),
    "one person twice": (
        [ANN, ONE, hold(ONE, 2), GRANT, grant(ONE, nonce="n2"), granted(ONE)],
        ["5: act-ep-1-1 was allowed as granted with 1 of 2 grants (that of 'ann' is a second of the same person or key)"],
    ),
    "one key twice": (
        [ANN, person("cy", "ann"), ONE, hold(ONE, 2), GRANT, grant(ONE, "cy", key="ann"), granted(ONE)],
        ["6: act-ep-1-1 was allowed as granted with 1 of 2 grants (that of 'cy' is a second of the same person or key)"],
    ),
    "after a refusal": (
        [ANN, BEA, ONE, hold(ONE), grant(ONE, "bea", word="refuse"), GRANT, granted(ONE)],
        ["6: act-ep-1-1 was allowed as granted, after 'bea' had refused it"],
    ),
    "a grant too late": (
        [ANN, ONE, hold(ONE), granted(ONE), GRANT],
        ["3: act-ep-1-1 was allowed as granted with 0 of 1 grant"],
    ),
    "expired": (
        [ANN, ONE, hold(ONE), GRANT, granted(ONE, (EXPIRES + LEEWAY_US) // SECOND)],
        ["4: act-ep-1-1 was allowed as granted with 0 of 1 grant (that of 'ann' had expired)"],
    ),
    "its own": (
        [ANN, act(principal="ann"), hold(ONE), grant(act(principal="ann")), granted(ONE)],
        ["4: act-ep-1-1 was allowed as granted with 0 of 1 grant ('ann' asked for it)"],
    ),
    "used twice": (
        [ANN, ONE, hold(ONE), GRANT, granted(ONE), granted(ONE, 101)],
        ["5: act-ep-1-1 was allowed as granted with 0 of 1 grant"],
    ),
    "by nobody": (
        [ANN, ONE, hold(ONE), grant(ONE, "eve"), granted(ONE)],
        [
            "3: the grant is by 'eve', who was not registered then as a person with a key",
            "4: act-ep-1-1 was allowed as granted with 0 of 1 grant",
        ],
    ),
    "registered afterwards": (
        [ONE, hold(ONE), GRANT, ANN, ended()],
        ["2: the grant is by 'ann', who was not registered then as a person with a key"],
    ),
    "removed before": (
        [ANN, person("ann", removed=True), ONE, hold(ONE), GRANT, ended()],
        ["4: the grant is by 'ann', who was not registered then as a person with a key"],
    ),
    "a service": (
        [person("ann", kind="service"), ONE, hold(ONE), GRANT, ended()],
        ["3: the grant is by 'ann', who was not registered then as a person with a key"],
    ),
    "another's key": (
        [ANN, ONE, hold(ONE), grant(ONE, key="eve"), granted(ONE)],
        [
            "3: the grant is not signed by the key that was registered then for 'ann'",
            "4: act-ep-1-1 was allowed as granted with 0 of 1 grant",
        ],
    ),
    "a nonce twice": (
        [
            ANN,
            BEA,
            ONE,
            hold(ONE),
            grant(ONE, nonce="n"),
            granted(ONE),
            TWO,
            hold(TWO),
            grant(TWO, "bea", nonce="n"),
            ended(),
        ],
        ["8: the grant by 'bea' has a nonce that record 4 has used"],
    ),
    "a copy": (
        [ANN, ONE, hold(ONE), GRANT, granted(ONE), GRANT],
        ["5: the grant by 'ann' has a nonce that record 3 has used"],
    ),
    "for an act that is not there": (
        [ANN, ONE, hold(ONE), grant(TWO), ended()],
        ["3: the grant by 'ann' is for an act that is not there, or that never waited"],
    ),
    "for an act that never waited": (
        [ANN, ONE, verdict(ONE, "allow", "allowed"), GRANT],
        ["3: the grant by 'ann' is for an act that is not there, or that never waited"],
    ),
    "at another call": (
        [ANN, ONE, hold(ONE), changed(GRANT, coordinates=place(2)), granted(ONE)],
        ["4: act-ep-1-1 was allowed as granted with 0 of 1 grant (that of 'ann' stands at another call)"],
    ),
    "turned away, and yet granted": (
        [ANN, ONE, hold(ONE), GRANT, verdict(ONE, "hold", "grant_self", 60, rules=[GRANT.id]), granted(ONE)],
        ["5: act-ep-1-1 was allowed as granted with 0 of 1 grant"],
    ),
    "registered for an episode that is no simulation": (
        [opened("ep-1", "U"), person("eve", where=place()), ONE, hold(ONE), grant(ONE, "eve"), ended()],
        ["4: the grant is by 'eve', who was not registered then as a person with a key"],
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_ledger_has_no_problem(name: str) -> None:
    records, counted = HONEST[name]
    told = audit(*records)
    assert (told.problems, (told.checked, told.acts), told.unknown, told.erased) == ([], counted, 0, 0)


@pytest.mark.parametrize("name", PROBLEMS)
def test_each_problem_is_named_with_its_record(name: str) -> None:
    records, expected = PROBLEMS[name]
    assert words(audit(*records)) == expected


def test_a_grant_that_was_turned_away_is_counted_and_no_problem() -> None:
    eve = grant(ONE, "eve")
    told = audit(ANN, ONE, hold(ONE), eve, TURNED, GRANT, granted(ONE))
    assert (told.problems, told.checked, told.acts, told.turned_away) == ([], 1, 1, 1)
    copied = verdict(ONE, "hold", "grant_replayed", 60, rules=[GRANT.id])
    told = audit(ANN, BEA, ONE, hold(ONE, 2), GRANT, GRANT, copied, grant(ONE, "bea"), granted(ONE))
    assert (told.problems, told.checked, told.acts, told.turned_away) == ([], 2, 1, 1), "the first of the two counts"


def test_reviewers_of_a_simulation_count_in_their_episode_alone() -> None:
    one, other = act(1, "ep-1"), act(1, "ep-2")
    records: list[Recorded] = [opened("ep-1", "simulated"), one, hold(one), person("eve", where=place()), grant(one, "eve")]
    told = audit(*records, granted(one), ended("ep-1"))
    assert (told.problems, told.checked, told.acts) == ([], 1, 1)
    elsewhere = [opened("ep-2", "simulated"), other, hold(other), grant(other, "eve"), granted(other)]
    told = audit(*records, granted(one), *elsewhere)
    assert [index for index, _ in told.problems] == [9, 10]
    assert told.checked == 1


RULES = '@id("wipes-wait") @decision("hold") @persons("2") forbid (principal, action, resource);\n'
RULES += '@id("all") permit (principal, action, resource);\n'


def in_force(make_profile: Callable[..., Any], profile: str, rules: str) -> RulesetInForce:
    ruleset = load_profile(make_profile(profile, rules))
    return RulesetInForce(id="rul", at=at(0), profile="mine", digest=ruleset.digest, text=ruleset.text)


def test_the_rules_on_record_say_how_many_must_approve_and_who(make_profile: Callable[..., Any]) -> None:
    rules = in_force(make_profile, '[approvals]\nwait_seconds = 9\napprovers = ["ann", "bea"]\n', RULES)
    named = {"ruleset": rules.digest}
    held, done = hold(ONE, 1, **named), granted(ONE, **named)
    people = (rules, ANN, BEA, person("cy"))
    assert words(audit(*people, ONE, held, GRANT, done)) == ["7: act-ep-1-1 was allowed as granted with 1 of 2 grants"]
    told = audit(*people, ONE, held, GRANT, grant(ONE, "bea"), done)
    assert (told.problems, told.acts) == ([], 1)
    assert words(audit(*people, ONE, held, GRANT, grant(ONE, "cy"), done)) == [
        "8: act-ep-1-1 was allowed as granted with 1 of 2 grants ('cy' is not one of those who may approve)"
    ]
    unnamed = changed(rules, digest="r")
    told = audit(unnamed, ANN, ONE, hold(ONE), GRANT, granted(ONE))
    assert (told.problems, told.acts) == ([], 1), "a text that its digest does not name says nothing"


@pytest.mark.parametrize("text", ["approvers", "[]@persons", '[{"file":"approvers","text":""}]', '[{"file":"@persons"}]'])
def test_where_the_number_cannot_be_known_one_grant_is_enough(text: str) -> None:
    import hashlib

    rules = RulesetInForce(id="rul", at=at(0), profile="p", digest=hashlib.sha256(text.encode()).hexdigest(), text=text)
    named = {"ruleset": rules.digest}
    told = audit(rules, ANN, ONE, hold(ONE, **named), GRANT, granted(ONE, **named))
    assert (told.problems, told.acts) == ([], 1)
    assert len(audit(rules, ANN, ONE, hold(ONE, **named), granted(ONE, **named)).problems) == 1


def test_what_was_erased_is_counted_apart_and_never_as_valid() -> None:
    records: list[Recorded] = [ANN, ONE, hold(ONE), GRANT, granted(ONE)]
    told = audit(*records, erased={3})
    assert (told.problems, told.checked, told.acts, told.erased, told.unknown) == ([], 0, 0, 1, 1)
    told = audit(*records, erased={1})
    assert (told.problems, told.checked, told.acts, told.erased, told.unknown) == ([], 0, 0, 0, 2)
    told = audit(*records, erased={1, 2, 3, 4})
    assert (told.problems, told.checked, told.acts, told.erased, told.unknown) == ([], 0, 0, 1, 0)
    told = audit(*records, erased={1, 2, 4})
    assert (told.problems, told.checked, told.unknown) == ([], 0, 1), "a grant of which only the signature can be checked"
    assert audit(*records, erased={2}).acts == 1, "one grant is enough where the hold is gone"
    two: list[Recorded] = [ANN, BEA, ONE, hold(ONE, 2), GRANT, granted(ONE), TWO, hold(TWO), grant(TWO), granted(TWO)]
    told = audit(*two, erased={8})
    assert [index for index, _ in told.problems] == [5], "what was erased at one call excuses no other"


def test_a_forged_grant_is_found_though_its_act_was_erased() -> None:
    assert len(audit(ANN, ONE, hold(ONE), grant(ONE, "eve"), granted(ONE), erased={1}).problems) == 1


def test_an_erased_opening_leaves_it_open_what_its_episode_was() -> None:
    records: list[Recorded] = [opened("ep-1", "simulated"), ONE, hold(ONE), person("eve", where=place()), grant(ONE, "eve")]
    told = audit(*records, granted(ONE), erased={0})
    assert (told.problems, told.checked, told.acts, told.unknown) == ([], 0, 0, 2)


def test_the_first_opening_says_what_an_episode_is() -> None:
    records: list[Recorded] = [
        opened("ep-1", "U"),
        opened("ep-1", "simulated"),
        person("eve", where=place()),
        ONE,
        hold(ONE),
    ]
    assert [index for index, _ in audit(*records, grant(ONE, "eve"), granted(ONE)).problems] == [5, 6]


def test_who_is_registered_for_an_episode_alone_erases_nothing() -> None:
    by_ann = sign_erasure([1], "asked for", "ann", KEYS["ann"])
    told = audit(ANN, ONE, by_ann, sign_erasure([1], "asked for", "operator", KEYS["eve"]), erased={1})
    assert (told.problems, told.erasures) == ([], 1)
    reviewer = person("ann", "eve", where=place())
    by_eve = sign_erasure([2], "asked for", "ann", KEYS["eve"])
    assert words(audit(opened("ep-1", "simulated"), reviewer, ONE, by_eve, erased={2})) == [
        "3: the erasure is by 'ann', whose key was registered for an episode alone"
    ]


SIGNED = ("act_sha256", "principal", "decision", "nonce", "expires_us", "signature")


@given(st.data())
def test_any_byte_of_what_was_signed_that_is_changed_is_found(data: st.DataObject) -> None:
    body = bytearray(canonical.encode(GRANT))
    start = data.draw(st.sampled_from([body.index(f'"{name}":'.encode()) + len(name) + 3 for name in SIGNED]))
    end = min(at for at in (body.find(b',"', start), body.find(b"}", start)) if at > 0)
    index = data.draw(st.integers(start, end - 1))
    body[index] ^= data.draw(st.integers(1, 255))
    try:
        flipped = msgspec.json.decode(bytes(body), type=Grant)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return  # no record any more: the ledger's own verification says so
    if canonical.encode(flipped) == canonical.encode(GRANT):
        return  # another spelling of the same, which verification refuses as not canonical
    assert audit(ANN, ONE, hold(ONE), flipped, granted(ONE)).problems
