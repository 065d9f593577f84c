"""A gate whose holds are answered from the ledger of a home."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.gate.approvals import Answer
from vigiles.ledger.client import RecorderClient
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.grant import Grant
from vigiles.model.verdict import Verdict
from vigiles.ruleset.grants import Word, sign_grant
from vigiles.ruleset.profile import Approvals
from vigiles.runtime.approving.approvals import LedgerApprovals, logins
from vigiles.runtime.approving.principals import Listed, add

KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n, name in enumerate(("ann", "bea"), 1)}
WHERE = Coordinates(run="run-1", episode="ep-1", turn=1)
CALLS = itertools.count(1)


def act() -> Act:
    where = msgspec.structs.replace(WHERE, call=next(CALLS))
    return Act(id=new_id("act"), at=now(), coordinates=where, principal="agent", kind="process", tool="rm")


def held(of: Act, persons: int = 1, seconds: float = 5) -> Verdict:
    return Verdict(
        id=new_id("ver"),
        at=now(),
        coordinates=of.coordinates,
        act=of.id,
        decision="hold",
        reason="rule_forbids",
        ruleset="x",
        expires_us=now().wall_us + int(seconds * 1_000_000),
        persons=persons,
    )


def grant(of: Act, by: str = "ann", word: Word = "approve") -> Grant:
    later = now().wall_us + 60_000_000
    return sign_grant(of, by, word, KEYS[by], nonce=new_id("n"), expires_us=later, id=new_id("grt"), at=now())


@pytest.fixture
def registered_home(home: Path) -> Path:
    for name, key in KEYS.items():
        add(home, Listed(name=name, key=key.public_key().public_bytes_raw().hex()))
    return home


@pytest.fixture
def asked(registered_home: Path) -> Callable[..., tuple[Answer, list[Any]]]:
    """Ask about an act while grants arrive; return the answer and what was recorded about grants that do not count."""

    def ask(of: Act, hold: Verdict, grants: list[Grant], **settings: Any) -> tuple[Answer, list[Any]]:
        async def main() -> tuple[Answer, list[Any]]:
            ledger = await RecorderClient.connect(registered_home)
            seen: list[Any] = []
            approvals = LedgerApprovals(registered_home, Approvals(wait_seconds=5, **settings), ledger, seen.append)
            told: list[Any] = []
            approvals.told = told.append
            await ledger.append([of, hold])
            asking = asyncio.ensure_future(approvals.ask(of, hold, None))
            for one in grants:
                await ledger.append([one])
            answer = await asking
            assert told == [(of, hold)]
            await ledger.close()
            return answer, seen

        return asyncio.run(main())

    return ask


def test_a_grant_in_the_ledger_answers(asked: Any) -> None:
    of = act()
    answer, said = asked(of, held(of), [grant(of)])
    assert (answer.approved, answer.reason, said) == (True, "granted", [])


def test_what_does_not_count_is_on_record_and_the_act_waits_on(asked: Any, registered_home: Path) -> None:
    of = act()
    other = msgspec.structs.replace(act(), coordinates=of.coordinates)
    forged = msgspec.structs.replace(grant(of), signature="00" * 64)
    answer, said = asked(of, held(of), [forged, grant(other), grant(of, "bea"), grant(of)], approvers=["ann"])
    assert answer.reason == "granted"
    assert [verdict.reason for verdict in said] == ["grant_altered", "grant_altered", "grant_unlisted"]
    assert [verdict.decision for verdict in said] == ["hold"] * 3
    with LedgerReader(registered_home) as reader:
        recorded = [record for _, record in reader.records(type="verdict", episode="ep-1")]
    assert recorded[-3:] == said


def test_two_persons_and_one_alone(asked: Any) -> None:
    of = act()
    once = grant(of)
    answer, said = asked(of, held(of, 2, 0.5), [once, msgspec.structs.replace(once, id="grt-again")])
    assert (answer.approved, answer.reason, [verdict.reason for verdict in said]) == (
        False,
        "grant_alone",
        ["grant_replayed"],
    )
    of = act()
    assert asked(of, held(of, 2), [grant(of), grant(of, "bea")])[0].reason == "granted"


def test_a_no_and_the_one_who_runs_the_agent(asked: Any, registered_home: Path) -> None:
    of = act()
    assert asked(of, held(of), [grant(of, "bea", "refuse"), grant(of)])[0].reason == "grant_refused"
    add(
        registered_home,
        Listed(name="ann", key=KEYS["ann"].public_key().public_bytes_raw().hex(), attributes={"users": ",".join(logins())}),
    )
    of = act()
    answer, said = asked(of, held(of, seconds=0.4), [grant(of)])
    assert (answer.reason, [verdict.reason for verdict in said]) == ("hold_expired", ["grant_self"])
    of = act()
    assert asked(of, held(of), [grant(of)], run_by=["bea"])[0].reason == "granted"


def test_only_what_agents_do_waits(tmp_path: Path) -> None:
    approvals = LedgerApprovals(tmp_path, Approvals(wait_seconds=7), None, [].append)  # type: ignore[arg-type]
    of = act()
    assert approvals.wait_us(of, held(of)) == 7_000_000
    assert approvals.wait_us(msgspec.structs.replace(of, kind="approval"), held(of)) == 0
