"""An act that is held, and what persons, time and the end of the episode make of it."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from vigiles.gate.approvals import Answer, Nobody
from vigiles.gate.gate import Gate
from vigiles.model.act import Act
from vigiles.model.effect import Effect
from vigiles.model.grant import Grant
from vigiles.model.reason import ReasonCode
from vigiles.model.verdict import Verdict
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import load_profile


class Person:
    """Approvals of one person who answers after a time, or never."""

    def __init__(self, answer: ReasonCode | None, after_s: float = 0.0, wait_s: float = 5.0) -> None:
        self.answer, self.after_s, self.wait_s = answer, after_s, wait_s
        self.asked: list[tuple[Act, Verdict, Effect | None]] = []

    def wait_us(self, act: Act, held: Verdict) -> int:
        return int(self.wait_s * 1_000_000)

    async def ask(self, act: Act, held: Verdict, effect: Effect | None) -> Answer:
        self.asked.append((act, held, effect))
        if self.answer is None:
            await asyncio.Event().wait()
        await asyncio.sleep(self.after_s)
        grant = Grant(
            id="grt-1", at=act.at, act_sha256="", principal="ann", decision="approve", nonce="n", expires_us=1, signature=""
        )
        return Answer(approved=self.answer == "granted", reason=self.answer or "hold_expired", records=(grant,))


def gate(bench: Any, approvals: Any) -> Gate:
    ruleset = load_profile(bench.folder)
    return Gate(bench.ledger, ruleset.judge, ruleset.digest, bench.state, lambda: bench.shut, bench.seen.append, approvals)


def test_nobody_is_asked_by_default(bench: Any, agent: PrincipalRef) -> None:
    assert Nobody().wait_us(bench.act("deploy"), None) == 0  # type: ignore[arg-type]
    verdict, _ = asyncio.run(gate(bench, None).through(bench.act("deploy"), agent, bench.performing()))
    assert (verdict.decision, verdict.reason) == ("deny", "hold_expired")


def test_what_was_granted_is_performed_once_after_all_is_on_record(bench: Any, agent: PrincipalRef) -> None:
    person = Person("granted")
    effect = Effect(subject="server")
    act = bench.act("deploy")
    verdict, result = asyncio.run(gate(bench, person).through(act, agent, bench.performing(), effect))
    assert (verdict.decision, verdict.reason, verdict.rules) == ("allow", "granted", ["ask"])
    assert bench.ledger.log == ["durable act verdict", "durable grant verdict", "perform", "posted result"]
    held = bench.ledger.records[1]
    assert (held.decision, held.persons, held.expires_us) == ("hold", 1, held.at.wall_us + 5_000_000)
    assert person.asked == [(act, held, effect)]
    assert result.outcome == "performed"
    assert bench.state.calls == 1
    assert bench.seen == bench.ledger.records


@pytest.mark.parametrize("reason", ["grant_refused", "grant_alone"])
def test_what_was_not_granted_is_refused_with_its_reason(bench: Any, agent: PrincipalRef, reason: ReasonCode) -> None:
    verdict, result = asyncio.run(gate(bench, Person(reason)).through(bench.act("deploy"), agent, bench.performing()))
    assert (verdict.decision, verdict.reason, result.outcome) == ("deny", reason, "refused")
    assert "perform" not in bench.ledger.log


def test_a_hold_expires_also_where_its_approvals_never_answer(bench: Any, agent: PrincipalRef) -> None:
    door = gate(bench, Person(None, wait_s=0.05))
    verdict, _ = asyncio.run(door.through(bench.act("deploy"), agent, bench.performing()))
    assert (verdict.decision, verdict.reason) == ("deny", "hold_expired")
    assert door.waited_us >= 50_000


def test_the_end_of_the_episode_ends_the_wait_and_a_late_yes_is_none(bench: Any, agent: PrincipalRef) -> None:
    async def main() -> Verdict:
        waiting = asyncio.ensure_future(gate(bench, Person("granted", 0.1)).admit(bench.act("deploy"), agent))
        await asyncio.sleep(0.02)
        bench.shut = "episode_ended"
        return await waiting

    verdict = asyncio.run(main())
    assert (verdict.decision, verdict.reason) == ("stop", "episode_ended")


def test_others_pass_while_one_waits_and_a_budget_that_is_used_up_meanwhile_refuses(
    make_bench: Any, agent: PrincipalRef
) -> None:
    bench = make_bench("[budgets]\ncalls = 1\n")
    door = gate(bench, Person("granted", 0.1))

    async def main() -> tuple[Verdict, Verdict]:
        waiting = asyncio.ensure_future(door.admit(bench.act("deploy"), agent))
        await asyncio.sleep(0.02)
        other = await door.admit(bench.act("search"), agent)
        return other, await waiting

    other, held = asyncio.run(main())
    assert other.decision == "allow"
    assert (held.decision, held.reason) == ("deny", "budget_calls")


def test_an_act_whose_caller_leaves_while_it_waits_is_on_record_as_refused(bench: Any, agent: PrincipalRef) -> None:
    async def main() -> None:
        waiting = asyncio.ensure_future(gate(bench, Person(None)).through(bench.act("deploy"), agent, bench.performing()))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    assert bench.ledger.log == ["durable act verdict", "posted verdict", "posted result"]
    assert bench.ledger.records[-1].outcome == "refused"


def test_a_rule_says_how_many_must_approve_and_a_deny_beside_it_is_never_asked_about(
    make_bench: Any, agent: PrincipalRef
) -> None:
    rules = (
        '@id("work") permit (principal, action, resource);'
        '@id("one") @decision("hold") forbid (principal, action, resource);'
        '@id("two") @decision("hold") @persons("2") forbid (principal, action, resource == Tool::"wipe");'
        '@id("never") forbid (principal, action, resource == Tool::"leak");'
    )
    bench, person = make_bench(rules=rules), Person("granted")
    door = gate(bench, person)
    for tool in ("wipe", "search", "leak"):
        asyncio.run(door.admit(bench.act(tool), agent))
    assert [held.persons for _, held, _ in person.asked] == [2, 1]
    assert [held.rules for _, held, _ in person.asked] == [["one", "two"], ["one"]]
    last = bench.ledger.records[-1]
    assert (last.decision, last.reason, last.persons) == ("deny", "rule_forbids", None)


def test_records_say_the_same_after_a_round_trip(bench: Any, agent: PrincipalRef) -> None:
    asyncio.run(gate(bench, Person("granted")).through(bench.act("deploy"), agent, bench.performing()))
    for record in bench.ledger.records:
        assert msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record
