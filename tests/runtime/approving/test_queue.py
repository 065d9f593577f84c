"""What waits in a home is seen from outside, and a person's word reaches the ledger only as that person's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vigiles.ledger.mint import new_id, now
from vigiles.ledger.person_key import make_key, read_private
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import InputInvalid, NotFound
from vigiles.model.verdict import Verdict
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import load_profile
from vigiles.runtime.approving.principals import Listed, add
from vigiles.runtime.approving.queue import choose, outcome, speak, waiting
from vigiles.runtime.beginning.records import opening_records

WHERE = Coordinates(run="run-1", episode="ep-1", turn=1, call=1)


def made(call: int, seconds: float = 60, persons: int = 1) -> tuple[Act, Verdict]:
    where = msgspec.structs.replace(WHERE, call=call)
    act = Act(id=new_id("act"), at=now(), coordinates=where, principal="agent", kind="process", tool="rm")
    hold = Verdict(
        id=new_id("ver"),
        at=now(),
        coordinates=where,
        act=act.id,
        decision="hold",
        reason="rule_forbids",
        ruleset="x",
        expires_us=now().wall_us + int(seconds * 1_000_000),
        persons=persons,
    )
    return act, hold


@pytest.fixture
def client(home: Path) -> Iterator[SyncRecorderClient]:
    with SyncRecorderClient(home, idle_exit_s=0.2) as client:
        client.append(opening_records(WHERE, PrincipalRef(kind="agent", name="agent"), load_profile("coding-agent"), "U"))
        yield client


def test_what_waits_is_what_has_no_last_word_and_some_time_left(home: Path, client: SyncRecorderClient) -> None:
    over, done, still = made(1, -1), made(2), made(3)
    final = msgspec.structs.replace(done[1], id=new_id("ver"), decision="deny", reason="grant_refused", expires_us=None)
    noted = msgspec.structs.replace(still[1], id=new_id("ver"), reason="grant_self", rules=["grt-9"])
    client.append([*over, *done, *still, final, noted])
    (one,) = waiting(home)
    assert (one.act, one.held) == still
    assert [verdict.reason for verdict in one.said] == ["grant_self"]
    assert choose(home, one.act.id[:10]).act == choose(home, "last").act == one.act
    with pytest.raises(NotFound):
        choose(home, done[0].id)


def test_what_waited_in_an_episode_that_died_waits_no_more(home: Path) -> None:
    with SyncRecorderClient(home) as dying:
        dying.append(opening_records(WHERE, PrincipalRef(kind="agent", name="agent"), load_profile("coding-agent"), "U"))
        dying.append(made(1))
        assert len(waiting(home)) == 1
    with SyncRecorderClient(home) as client:
        client.flush()
        assert waiting(home) == []


def test_a_word_is_signed_with_the_registered_key_and_nothing_else(home: Path, client: Any, tmp_path: Path) -> None:
    for name in ("ann", "bea"):
        add(home, Listed(name=name, key=make_key(tmp_path / name, name)))
    add(home, Listed(name="robot", kind="agent"))
    client.append(made(1, persons=2))
    (one,) = waiting(home)
    ann, bea = read_private(tmp_path / "ann"), read_private(tmp_path / "bea")
    for name, key, error in (("ann", bea, InputInvalid), ("robot", ann, InputInvalid), ("cy", ann, NotFound)):
        with pytest.raises(error):
            speak(home, one, name, "approve", key)
    assert waiting(home)[0].counted == []
    grant = speak(home, one, "ann", "approve", ann)
    assert (grant.act_sha256, grant.expires_us) == (one.digest, one.held.expires_us)
    assert waiting(home)[0].counted == ["ann"]
    assert outcome(home, grant, one, 0.0) is None
    last = msgspec.structs.replace(one.held, id=new_id("ver"), at=now(), decision="allow", reason="granted", expires_us=None)
    client.append([last])
    assert outcome(home, grant, one, 0.0) == last
