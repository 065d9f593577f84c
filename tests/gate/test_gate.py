"""Act in, records out: what is written, in which order, and whether the deed happened."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from vigiles.model.act import Act, ActKind
from vigiles.model.errors import LedgerUnwritable
from vigiles.model.result import Result
from vigiles.model.verdict import Verdict
from vigiles.ruleset.judge import PrincipalRef

HIGH = PrincipalRef(kind="agent", name="agent", attributes={"clearance": "high"})
LOW = PrincipalRef(kind="agent", name="agent", attributes={"clearance": "low"})


def test_an_allowed_act_is_durable_before_it_is_performed(bench: Any, agent: PrincipalRef) -> None:
    verdict, result = asyncio.run(bench.gate.through(bench.act(), agent, bench.performing()))
    assert bench.ledger.log == ["durable act verdict", "perform", "posted result"]
    assert (verdict.decision, verdict.reason, verdict.rules) == ("allow", "allowed", ["work"])
    assert result.outcome == "performed"


def test_records_join_by_act_and_carry_its_coordinates_and_the_ruleset(bench: Any, agent: PrincipalRef) -> None:
    asyncio.run(bench.gate.through(bench.act(), agent, bench.performing()))
    act, verdict, result = bench.ledger.records
    assert isinstance(act, Act)
    assert isinstance(verdict, Verdict)
    assert isinstance(result, Result)
    assert verdict.act == result.act == act.id
    assert verdict.coordinates == result.coordinates == act.coordinates
    assert verdict.ruleset == bench.digest
    assert bench.seen == [act, verdict, result], "what is recorded is what detectors see, in the same order"


@pytest.mark.parametrize(
    ("tool", "decision", "reason", "rules", "verdicts"),
    [
        ("send_mail", "deny", "rule_forbids", ["no-mail"], ["deny"]),
        ("upload", "deny", "budget_egress", ["quota"], ["deny"]),
        ("deploy", "deny", "hold_expired", ["ask"], ["hold", "deny"]),
        ("exfiltrate", "stop", "rule_forbids", ["end"], ["stop"]),
        ("broken", "deny", "judge_error", ["overflows"], ["deny"]),
    ],
)
def test_what_is_refused_is_recorded_and_not_performed(
    bench: Any, agent: PrincipalRef, tool: str, decision: str, reason: str, rules: list[str], verdicts: list[str]
) -> None:
    verdict, result = asyncio.run(bench.gate.through(bench.act(tool), agent, bench.performing()))
    assert (verdict.decision, verdict.reason, verdict.rules) == (decision, reason, rules)
    assert result.outcome == "refused"
    assert "perform" not in bench.ledger.log
    assert [record.decision for record in bench.ledger.records if isinstance(record, Verdict)] == verdicts
    assert bench.ledger.log == [f"durable act{' verdict' * len(verdicts)}", "posted result"]


def test_what_no_rule_permits_is_denied(make_bench: Any, agent: PrincipalRef) -> None:
    bench = make_bench(rules='@id("only") permit (principal, action, resource == Tool::"search");')
    verdict, _ = asyncio.run(bench.gate.through(bench.act("send_mail"), agent, bench.performing()))
    assert (verdict.decision, verdict.reason) == ("deny", "rule_missing")


def test_an_act_that_cannot_be_put_to_the_judge_is_denied(bench: Any, agent: PrincipalRef) -> None:
    act = msgspec.structs.replace(bench.act(), arguments={"key": "\ud800"})
    verdict, result = asyncio.run(bench.gate.through(act, agent, bench.performing()))
    assert (verdict.decision, verdict.reason, result.outcome) == ("deny", "judge_error", "refused")


def test_an_unwritable_ledger_performs_nothing_and_says_so(bench: Any, agent: PrincipalRef) -> None:
    bench.ledger.full = True
    with pytest.raises(LedgerUnwritable):
        asyncio.run(bench.gate.through(bench.act(), agent, bench.performing()))
    assert bench.ledger.log == []
    assert bench.seen == []
    assert bench.state.calls == 0, "what did not happen uses no budget"


@pytest.mark.parametrize("error", [ValueError("secret text"), asyncio.CancelledError(), KeyboardInterrupt()])
def test_a_deed_that_raises_is_recorded_as_failed_and_raised_again(
    bench: Any, agent: PrincipalRef, error: BaseException
) -> None:
    async def main() -> None:
        with pytest.raises(type(error)):
            await bench.gate.through(bench.act(), agent, bench.performing(error))

    asyncio.run(main())
    result = bench.ledger.records[-1]
    assert isinstance(result, Result)
    assert (result.outcome, result.error) == ("failed", type(error).__name__)
    assert bench.ledger.log[-1] == "posted result"


@pytest.mark.parametrize(("shut", "decision"), [("episode_frozen", "deny"), ("episode_ended", "stop"), ("shutdown", "deny")])
@pytest.mark.parametrize("kind", ["tool_call", "process", "message", "file_change", "artifact_load", "job_launch"])
def test_nothing_begins_once_the_episode_is_shut(
    bench: Any, agent: PrincipalRef, shut: Any, decision: str, kind: ActKind
) -> None:
    bench.shut = shut
    verdict, result = asyncio.run(bench.gate.through(bench.act(kind=kind), agent, bench.performing()))
    assert (verdict.decision, verdict.reason, result.outcome) == (decision, shut, "refused")
    assert "perform" not in bench.ledger.log


@pytest.mark.parametrize("kind", ["response", "approval"])
@pytest.mark.parametrize("shut", ["episode_frozen", "episode_ended"])
def test_our_responses_and_peoples_approvals_pass_a_shut_gate_but_not_the_rules(
    bench: Any, agent: PrincipalRef, kind: ActKind, shut: Any
) -> None:
    bench.shut = shut
    passed, _ = asyncio.run(bench.gate.through(bench.act("thaw", kind), agent, bench.performing()))
    judged, _ = asyncio.run(bench.gate.through(bench.act("send_mail", kind), agent, bench.performing()))
    assert (passed.decision, judged.decision) == ("allow", "deny")


def test_the_budget_of_calls_is_used_up_by_what_was_allowed_only(make_bench: Any, agent: PrincipalRef) -> None:
    bench = make_bench("[budgets]\ncalls = 2\n")
    wanted = ["search", "send_mail", "search", "search", "search"]
    given = [asyncio.run(bench.gate.through(bench.act(tool), agent, bench.performing()))[0] for tool in wanted]
    assert [verdict.reason for verdict in given] == ["allowed", "rule_forbids", "allowed", "budget_calls", "budget_calls"]
    assert bench.ledger.log.count("perform") == 2
    struck, _ = asyncio.run(bench.gate.through(bench.act("freeze", "response"), agent, bench.performing()))
    assert struck.decision == "allow", "no budget stops a response"


@pytest.mark.parametrize(
    ("principal", "decision"), [(HIGH, "allow"), (LOW, "deny"), (PrincipalRef(kind="agent", name="agent"), "deny")]
)
def test_what_the_principal_is_decides(bench: Any, principal: PrincipalRef, decision: str) -> None:
    verdict, _ = asyncio.run(bench.gate.through(bench.act("read_secret"), principal, bench.performing()))
    assert verdict.decision == decision


def test_observe_mode_performs_what_it_would_have_refused(make_bench: Any, agent: PrincipalRef) -> None:
    bench = make_bench('mode = "observe"\n')
    verdict, result = asyncio.run(bench.gate.through(bench.act("send_mail"), agent, bench.performing()))
    assert (verdict.decision, verdict.reason, verdict.rules) == ("allow", "allowed_observe", ["no-mail"])
    assert result.outcome == "performed"


class Slow:
    """A disk that takes its time: what is appended waits until :attr:`open` is set."""

    def __init__(self, bench: Any) -> None:
        self.open = asyncio.Event()
        self._append = bench.ledger.append
        bench.ledger.append = self.append

    async def append(self, records: Any, durable: bool = True) -> list[int]:
        written: list[int] = await self._append(records, durable)
        await self.open.wait()
        return written


def test_acts_that_wait_for_the_disk_together_share_one_budget(make_bench: Any, agent: PrincipalRef) -> None:
    bench = make_bench("[budgets]\ncalls = 2\n")

    async def main() -> list[Verdict]:
        slow = Slow(bench)
        asked = [asyncio.ensure_future(bench.gate.admit(bench.act(), agent)) for _ in range(5)]
        await asyncio.sleep(0)
        slow.open.set()
        return [await one for one in asked]

    assert [verdict.reason for verdict in asyncio.run(main())] == ["allowed", "allowed", *["budget_calls"] * 3]


@pytest.mark.parametrize(("shut", "decision"), [("episode_frozen", "deny"), ("episode_ended", "stop")])
def test_an_episode_that_is_shut_while_a_verdict_is_written_releases_nothing(
    bench: Any, agent: PrincipalRef, shut: Any, decision: str
) -> None:
    async def main() -> tuple[Verdict, Result]:
        slow = Slow(bench)
        going = asyncio.ensure_future(bench.gate.through(bench.act(), agent, bench.performing()))
        await asyncio.sleep(0)
        bench.shut = shut
        slow.open.set()
        verdict, result = await going
        return verdict, result

    verdict, result = asyncio.run(main())
    assert (verdict.decision, verdict.reason, result.outcome) == (decision, shut, "refused")
    assert bench.ledger.log == ["durable act verdict", "durable verdict", "posted result"]
    assert bench.seen == bench.ledger.records
    assert not bench.gate.unfinished(bench.ledger.records[0])


@pytest.mark.parametrize(("tool", "outcome"), [("search", "failed"), ("send_mail", "refused")])
def test_an_act_whose_asker_gives_up_while_it_is_written_has_a_result_too(
    bench: Any, agent: PrincipalRef, tool: str, outcome: str
) -> None:
    async def main() -> None:
        Slow(bench)
        going = asyncio.ensure_future(bench.gate.admit(bench.act(tool), agent))
        await asyncio.sleep(0)
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await going

    asyncio.run(main())
    assert bench.ledger.log == ["durable act verdict", "posted result"]
    assert bench.ledger.records[-1].outcome == outcome
    assert bench.seen == bench.ledger.records
