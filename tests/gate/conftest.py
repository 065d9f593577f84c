"""A gate on real rules: the judge is the shipped one, the ledger is a list that remembers the order of what it was asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from vigiles.gate.gate import Gate
from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act, ActKind, ProcessSpec
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import LedgerUnwritable
from vigiles.model.reason import ReasonCode
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import load_profile

RULES = """
@id("work") permit (principal, action, resource);
@id("no-mail") forbid (principal, action, resource == Tool::"send_mail");
@id("ask") @decision("hold") forbid (principal, action, resource == Tool::"deploy");
@id("end") @decision("stop") forbid (principal, action, resource == Tool::"exfiltrate");
@id("quota") @reason("budget_egress") forbid (principal, action, resource == Tool::"upload");
@id("overflows") forbid (principal, action, resource == Tool::"broken")
when { (context.call + 1) * 9223372036854775807 > 0 };
@id("cleared") forbid (principal, action, resource == Tool::"read_secret")
unless { principal.hasTag("clearance") && principal.getTag("clearance") == "high" };
"""
AGENT = PrincipalRef(kind="agent", name="agent")


@dataclass
class Steps:
    """A ledger's face: what it was asked, in order. ``full`` makes it refuse everything durable, like a full disk."""

    log: list[str] = field(default_factory=list)
    records: list[Recorded] = field(default_factory=list)
    full: bool = False

    async def append(self, records: Sequence[Recorded], durable: bool = True) -> list[int]:
        if self.full:
            raise LedgerUnwritable("no space left on device", "Make room.")
        self.log.append(f"{'durable' if durable else 'soon'} {' '.join(_kind(record) for record in records)}")
        self.records += records
        return list(range(len(self.records) - len(records), len(self.records)))

    def post(self, record: Recorded) -> None:
        self.log.append(f"posted {_kind(record)}")
        self.records.append(record)


def _kind(record: Recorded) -> str:
    return type(record).__name__.lower()


class Bench:
    """One gate and what surrounds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ruleset = load_profile(folder)
        self.ledger = Steps()
        self.shut: ReasonCode | None = None
        self.state = BudgetState(now().mono_us)
        self.seen: list[Recorded] = []
        self.digest = ruleset.digest
        self.gate = Gate(self.ledger, ruleset.judge, ruleset.digest, self.state, lambda: self.shut, self.seen.append)
        self._calls = 0

    def act(self, tool: str = "search", kind: ActKind = "tool_call") -> Act:
        self._calls += 1
        return Act(
            id=new_id("act"),
            at=now(),
            coordinates=Coordinates(run="run-1", episode="ep-1", turn=1, call=self._calls),
            principal="agent",
            kind=kind,
            tool=tool,
            process=ProcessSpec(argv=[tool]) if kind == "process" else None,
        )

    def performing(self, error: BaseException | None = None) -> Callable[[Act], Awaitable[Result]]:
        async def perform(act: Act) -> Result:
            self.ledger.log.append("perform")
            if error is not None:
                raise error
            return Result(id=new_id("res"), at=now(), coordinates=act.coordinates, act=act.id, outcome="performed")

        return perform


@pytest.fixture
def make_bench(tmp_path: Path) -> Callable[..., Bench]:
    def make(profile: str = "", rules: str = RULES) -> Bench:
        (tmp_path / "profile.toml").write_text(profile)
        (tmp_path / "rules.cedar").write_text(rules)
        return Bench(tmp_path)

    return make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()


@pytest.fixture(scope="session")
def agent() -> PrincipalRef:
    return AGENT
