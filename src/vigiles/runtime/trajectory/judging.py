"""A trajectory put to the judge alone: nothing is performed and nothing is recorded."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec

from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act, ProcessSpec
from vigiles.model.coordinates import Coordinates
from vigiles.model.plain import plain, text
from vigiles.protocols.transcript.said import ToolUse
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.feedback import feedback_for
from vigiles.ruleset.judge import PrincipalRef
from vigiles.runtime.shells import script
from vigiles.runtime.trajectory.plan import AsProcess, InShell, Mappings, NotPerformed, Plan
from vigiles.runtime.trajectory.replay import bounded, described, label_of
from vigiles.runtime.trajectory.report import Report, Row
from vigiles.runtime.trajectory.source import Source
from vigiles.runtime.trajectory.walk import Walk


async def judge(
    source: Source,
    ruleset: Ruleset,
    mappings: Mappings,
    *,
    task: str | None = None,
    model_version: str | None = None,
    on_row: Callable[[Row], None] = lambda _: None,
) -> Report:
    """Return what the gate would say of each use, all of them in one episode whose budgets count calls only."""
    report = Report(ruleset.profile.name)
    state = BudgetState(now().mono_us)
    principal = PrincipalRef(kind="agent", name="agent")
    where = Coordinates(run="run-none", episode="ep-none", task=task, model_version=model_version, turn=1)
    walk: Walk[None] = Walk(source, report, lambda _what, _output: None)
    shells = 0
    async for place, use, begins in walk.steps():
        row = Row(place, use.tool, use.label, described(use), "left")
        report.rows.append(row)
        walk.kept(use, None)
        turn, call = (where.turn or 1) + begins, len(report.rows)
        where = msgspec.structs.replace(where, turn=turn, call=call, label=label_of(use))
        plan = mappings.plan(use)
        shells += isinstance(plan, InShell)
        act = _act(use, plan, where, shells)
        judgement = ruleset.judge.judge(act, principal, state)
        # Nobody grants a hold here either.
        reason = "hold_expired" if judgement.decision == "hold" else judgement.reason
        if judgement.decision in ("allow", "modify"):
            state.admitted(act)
        row.deed, row.call, row.turn = "judged", call, turn
        row.decision, row.reason, row.rules = judgement.decision, judgement.reason, list(judgement.rules)
        row.feedback = feedback_for(ruleset.profile, [reason], [])
        row.why = plan.why if isinstance(plan, NotPerformed) else None
        on_row(row)
    return report


def _act(use: ToolUse, plan: Plan, where: Coordinates, shell: int) -> Act:
    """Return the act that a replay would put to its gate."""
    tool, arguments, process = text(use.tool), plain(bounded(use.arguments)), None
    if isinstance(plan, InShell):
        tool, arguments = "shell", plain({"command": plan.command, "shell": shell})
        process = ProcessSpec(argv=list(script.ARGV), cwd=plan.cwd)
    elif isinstance(plan, AsProcess):
        tool, arguments = text(os.path.basename(plan.argv[0])) or "process", {}
        process = ProcessSpec(argv=[text(word) for word in plan.argv], cwd=plan.cwd)
    return Act(
        id=new_id("act"),
        at=now(),
        coordinates=where,
        principal="agent",
        kind="tool_call" if process is None else "process",
        tool=tool,
        arguments=arguments,
        process=process,
    )
