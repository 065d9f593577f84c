from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.model.act import Act
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import CallEnded
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.flow import Flow
from vigiles.model.result import Result
from vigiles.model.stamp import Stamp
from vigiles.ruleset.budgets import BudgetState, check, exceeded
from vigiles.ruleset.profile import Budgets

AT = Stamp(wall_us=0, mono_us=0, boot="b")


def where(call: int) -> Coordinates:
    return Coordinates(run="r", episode="e", call=call)


def compute(call: int, total_us: int, processes: int = 1) -> Compute:
    return Compute(
        id="o", at=AT, coordinates=where(call), sensor="scanner", attribution=Attribution(grade="exact", call=call),
        interval_us=1, cpu_us=1, total_us=total_us, processes=processes, ended=False,
    )  # fmt: skip


def flow(name: str, sent: int, call: int | None = 1, phase: Any = "update") -> Flow:
    return Flow(
        id="o", at=AT, sensor="door", attribution=Attribution(grade="exact", call=call), flow=name, phase=phase,
        via="connect", host="h", port=1, bytes_out=sent,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("budgets", "reason"),
    [
        (Budgets(), None),
        (Budgets(calls=2), "budget_calls"),
        (Budgets(calls=3), None),
        (Budgets(calls=0), "budget_calls"),
        (Budgets(processes=5), "budget_processes"),
        (Budgets(processes=6), None),
        (Budgets(cpu_seconds_episode=3), "budget_cpu"),
        (Budgets(cpu_seconds_episode=4), None),
        (Budgets(wall_seconds_episode=10), "budget_wall"),
        (Budgets(wall_seconds_episode=11), None),
        (Budgets(egress_bytes_episode=150), "budget_egress"),
        (Budgets(egress_bytes_episode=151), None),
        (Budgets(egress_bytes_episode=0), None),
    ],
)
def test_an_act_may_begin_while_something_is_left(
    budgets: Budgets, reason: str | None, make_act: Callable[..., Act]
) -> None:
    state = BudgetState(opened_us=1_000_000)
    state.admitted(make_act(call=1))
    state.admitted(make_act(call=2))
    for record in (compute(1, 1_000_000, 2), compute(2, 2_000_000, 3), flow("a", 100), flow("b", 50, call=2)):
        state.add(record)
    act = make_act("process", call=3, mono_us=11_000_000)
    assert check(budgets, state, act) == reason
    assert check(budgets, state, make_act("response", mono_us=11_000_000)) is None, "our own answers are never out of budget"


def test_the_processes_budget_stops_processes_only(make_act: Callable[..., Act]) -> None:
    state = BudgetState(opened_us=0)
    state.add(compute(1, 1, 9))
    assert check(Budgets(processes=9), state, make_act("message")) is None


def test_usage_is_cumulative_and_ends_with_the_call(make_act: Callable[..., Act]) -> None:
    state = BudgetState(opened_us=0)
    state.admitted(make_act(call=1, mono_us=5))
    assert state.call_wall_us(1, 12) == 7
    state.add(compute(1, 500, 3))
    state.add(compute(1, 400, 2))
    assert (state.cpu_us, state.processes) == (500, 2)
    state.add(Result(id="r", at=AT, coordinates=where(1), act="act-1", outcome="performed", cpu_us=600, background=1))
    assert (state.cpu_us, state.processes) == (600, 1)
    state.add(CallEnded(id="c", at=AT, coordinates=where(1), cpu_us=900, processes=4))
    assert (state.cpu_us, state.processes, state.call_cpu_us(1)) == (900, 0, 900)
    assert state.call_wall_us(1, 99) == 0
    state.add(make_act(call=2))
    assert state.calls == 1, "an act counts when the gate admits it, not when it is recorded"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1000)), max_size=40))
def test_flows_count_their_last_total_once(steps: list[tuple[str, int]]) -> None:
    state = BudgetState(opened_us=0)
    largest: dict[str, int] = {}
    for name, sent in steps:
        state.add(flow(name, sent, call=ord(name)))
        largest[name] = max(sent, largest.get(name, 0))
    for name, sent in largest.items():
        state.add(flow(name, sent, call=ord(name), phase="close"))
        assert state.call_egress_bytes(ord(name)) == sent
    assert state.egress_bytes == sum(largest.values())


@pytest.mark.parametrize(
    ("budgets", "reason"),
    [
        (Budgets(cpu_seconds_call=1), "budget_cpu"),
        (Budgets(cpu_seconds_call=2), None),
        (Budgets(cpu_seconds_episode=1), "budget_cpu"),
        (Budgets(wall_seconds_call=3), "budget_wall"),
        (Budgets(wall_seconds_call=4), None),
        (Budgets(wall_seconds_episode=4), "budget_wall"),
        (Budgets(egress_bytes_call=99), "budget_egress"),
        (Budgets(egress_bytes_call=100), None),
        (Budgets(egress_bytes_episode=0), "budget_egress"),
        (Budgets(), None),
    ],
)
def test_a_running_call_may_use_all_and_no_more(budgets: Budgets, reason: str | None, make_act: Callable[..., Act]) -> None:
    state = BudgetState(opened_us=0)
    state.admitted(make_act(call=1, mono_us=1_000_000))
    state.add(compute(1, 2_000_000))
    state.add(flow("a", 100))
    assert exceeded(budgets, state, 1, 5_000_000) == reason
