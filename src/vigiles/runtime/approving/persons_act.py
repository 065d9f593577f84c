"""What a person does through Vigiles itself: an act of kind *approval* that passes the gate, and what follows from it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vigiles.gate.gate import Gate
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import Refused
from vigiles.model.plain import Plain
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.judge import PrincipalRef
from vigiles.runtime.approving.review import Blocking


@dataclass(frozen=True)
class Deed:
    """``who`` does ``tool`` with ``arguments``, judged by ``ruleset``. ``before`` is recorded first: the ruleset, if new."""

    who: PrincipalRef
    tool: str
    arguments: dict[str, Plain]
    ruleset: Ruleset
    coordinates: Coordinates | None = None
    before: Sequence[Recorded] = field(default=())


def do(home: Path, deed: Deed, records: Callable[[], Sequence[Recorded]]) -> Sequence[Recorded]:
    """Record what ``records`` returns once the gate allowed the act; return that.

    Raises :class:`Refused`, :class:`LedgerUnwritable`, and what ``records`` raises.
    """
    made: list[Recorded] = []
    with SyncRecorderClient(home) as client:
        ledger = Blocking(client)
        if deed.before:
            client.append(deed.before, False)
        judge = deed.ruleset.judge
        gate = Gate(ledger, judge, deed.ruleset.digest, BudgetState(now().mono_us), lambda: None, lambda _: None)
        act = Act(
            id=new_id("act"),
            at=now(),
            coordinates=deed.coordinates,
            principal=deed.who.name,
            kind="approval",
            tool=deed.tool,
            arguments=deed.arguments,
        )

        async def perform(_: Act) -> Result:
            made.extend(records())
            await ledger.append(made, True)
            return Result(id=new_id("res"), at=now(), coordinates=act.coordinates, act=act.id, outcome="performed")

        verdict, _ = asyncio.run(gate.through(act, deed.who, perform))
        client.flush()
    if verdict.decision not in ("allow", "modify"):
        raise Refused(
            verdict.reason,
            f"the rules do not let {deed.who.name} do this ({verdict.reason})",
            "Ask somebody whom they let, or see the rule: vigiles ledger query --type verdict",
        )
    return made
