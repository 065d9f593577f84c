"""The same records, put to a suggested profile: what would it have refused?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vigiles.model.act import Act
from vigiles.model.observation.flow import Flow
from vigiles.model.union import Recorded
from vigiles.ruleset.budgets import BudgetState, exceeded
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.egress import HostInvalid, canonical_host, decide_address, decide_host, join_host_port
from vigiles.ruleset.judge import PrincipalRef
from vigiles.runtime.suggest.learn import Learned


@dataclass
class Replayed:
    """How many acts and flows were put to it, and each refusal as (record id, reason). What was left out is not asked."""

    acts: int = 0
    flows: int = 0
    refusals: list[tuple[str, str]] = field(default_factory=list)


def replay(ruleset: Ruleset, records: Iterable[Recorded], learned: Learned) -> Replayed:
    """Judge what was learned again, with budgets as they were used up."""
    done = Replayed()
    states: dict[str, BudgetState] = {}
    for record in records:
        where = record.coordinates
        if where is None:
            continue
        state = states.setdefault(where.episode, BudgetState(record.at.mono_us))
        if isinstance(record, Act) and record.kind not in ("approval", "response"):
            if record.id not in learned.left_acts:
                done.acts += 1
                judged = ruleset.judge.judge(record, PrincipalRef(kind="agent", name=record.principal), state)
                if judged.decision != "allow":
                    done.refusals.append((record.id, judged.reason))
            state.admitted(record)
            continue
        state.add(record)
        if isinstance(record, Flow) and _place(record) in learned.hosts and record.phase != "refused":
            done.flows += 1
            reason = _reach(ruleset, record)
            if reason != "allowed":
                done.refusals.append((record.id, reason))
        if where.call is not None:
            over = exceeded(ruleset.profile.budgets, state, where.call, record.at.mono_us)
            if over is not None:
                done.refusals.append((record.id, over))
    return done


def _reach(ruleset: Ruleset, flow: Flow) -> str:
    egress = ruleset.profile.egress
    if flow.address is None:
        return decide_host(egress, flow.host, flow.port)
    return decide_address(egress, flow.host, flow.port, flow.address)


def _place(flow: Flow) -> str:
    try:
        return join_host_port(canonical_host(flow.host), flow.port)
    except HostInvalid:
        return ""
