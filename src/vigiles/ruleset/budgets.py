"""Budgets: what has been used, and whether an act may still begin.

The usage is the sum of records that others made; time comes from their stamps. The kernel's limits (memory, open files,
processes alive) are set by the cell itself; what can only be counted over an episode is counted here.
"""

from __future__ import annotations

from vigiles.model.act import Act
from vigiles.model.episode import CallEnded
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.flow import Flow
from vigiles.model.reason import ReasonCode
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.ruleset.profile import Budgets

#: Acts that no budget stops: our own responses and people's approvals must work when everything else is used up.
_FREE = ("response", "approval")
_MICRO = 1_000_000
#: Who has sent less than this may have received nothing yet, bytes.
SENT_FLOOR = 1 << 20


class BudgetState:
    """What one episode has used so far. Feed it the episode's records in any order with :meth:`add`.

    ``opened_us`` is the monotonic time at which the episode opened. ``calls`` began; ``cpu_us`` is the CPU time of them all,
    microseconds; ``processes`` are alive, as last observed; ``egress_bytes`` left the cell through the door. Memory grows by
    a few numbers a call and an open flow.
    """

    def __init__(self, opened_us: int) -> None:
        self.opened_us = opened_us
        self.calls = 0
        self.cpu_us = 0
        self.processes = 0
        self.egress_bytes = 0
        self._cpu_us: dict[int, int] = {}
        self._alive: dict[int, int] = {}
        self._memory: dict[int, int] = {}
        self._began_us: dict[int, int] = {}
        self._flows: dict[str, tuple[int | None, int]] = {}
        self._egress: dict[int | None, int] = {}

    def call_cpu_us(self, call: int) -> int:
        """CPU time of one call, microseconds."""
        return self._cpu_us.get(call, 0)

    def call_egress_bytes(self, call: int | None) -> int:
        """Bytes that one call sent out through the door; None for those that no call could be named for."""
        return self._egress.get(call, 0)

    def call_memory_bytes(self, call: int) -> int:
        """Memory of the largest process of one call, as last observed, bytes."""
        return self._memory.get(call, 0)

    def admitted(self, act: Act, began_us: int | None = None) -> None:
        """Count an act that the gate allowed to begin; not with :meth:`add`, which also sees acts that were refused.

        ``began_us``: when (monotonic), where that was later than the act was asked: it waited for a person.
        """
        if act.kind in _FREE:
            return
        self.calls += 1
        if act.coordinates is not None and act.coordinates.call is not None:
            self._began_us[act.coordinates.call] = act.at.mono_us if began_us is None else began_us

    def withdrawn(self, act: Act) -> None:
        """Take back what :meth:`admitted` counted: the act could not be recorded, and so it did not begin."""
        if act.kind in _FREE:
            return
        self.calls -= 1
        if act.coordinates is not None and act.coordinates.call is not None:
            self._began_us.pop(act.coordinates.call, None)

    def add(self, record: Recorded) -> None:
        """Count what ``record`` says was used. Cumulative numbers may come late or twice: the largest counts."""
        if isinstance(record, Flow):
            self._flow(record)
            return
        if isinstance(record, Flood):
            self._sent(record.attribution.call, record.bytes_out)
            return
        call = _call(record)
        if call is None:
            return
        if isinstance(record, Compute):
            self._used(call, record.total_us, record.processes)
            self._memory[call] = record.memory_bytes
        elif isinstance(record, Result):
            self._used(call, record.cpu_us, record.background)
        elif isinstance(record, CallEnded):
            self._used(call, record.cpu_us, 0)
            self._began_us.pop(call, None)
            self._memory.pop(call, None)

    def call_wall_us(self, call: int, now_us: int) -> int:
        """Time since a call that still runs began, microseconds of the monotonic clock; 0 for one that has ended."""
        return max(0, now_us - self._began_us.get(call, now_us))

    def _used(self, call: int, cpu_us: int, alive: int) -> None:
        more = cpu_us - self.call_cpu_us(call)
        if more > 0:
            self._cpu_us[call] = cpu_us
            self.cpu_us += more
        self.processes += alive - self._alive.pop(call, 0)
        if alive:
            self._alive[call] = alive

    def _sent(self, call: int | None, count: int) -> None:
        if count:
            self._egress[call] = self._egress.get(call, 0) + count
            self.egress_bytes += count

    def _flow(self, flow: Flow) -> None:
        call, seen = self._flows.get(flow.flow, (flow.attribution.call, 0))
        if flow.bytes_out > seen:
            self._sent(call, flow.bytes_out - seen)
            seen = flow.bytes_out
        if flow.phase in ("close", "refused"):
            self._flows.pop(flow.flow, None)
        else:
            self._flows[flow.flow] = (call, seen)


def check(budgets: Budgets, state: BudgetState, act: Act) -> ReasonCode | None:
    """Return why ``act`` may not begin, or None. A budget of 0 allows nothing; None is no limit."""
    if act.kind in _FREE:
        return None
    if _reached(state.calls, budgets.calls):
        return "budget_calls"
    if act.kind == "process" and _reached(state.processes, budgets.processes):
        return "budget_processes"
    if _reached(act.at.mono_us - state.opened_us, budgets.wall_seconds_episode, _MICRO):
        return "budget_wall"
    if _reached(state.cpu_us, budgets.cpu_seconds_episode, _MICRO):
        return "budget_cpu"
    # A budget of no bytes means a cell without a network, not a cell that may do nothing.
    if budgets.egress_bytes_episode and _reached(state.egress_bytes, budgets.egress_bytes_episode):
        return "budget_egress"
    return None


def exceeded(budgets: Budgets, state: BudgetState, call: int, now_us: int) -> ReasonCode | None:
    """Return which budget a call that is running has gone beyond, or None; for whoever ends calls. Same clock as stamps."""
    pairs: tuple[tuple[ReasonCode, int, int | None, int], ...] = (
        ("budget_cpu", state.call_cpu_us(call), budgets.cpu_seconds_call, _MICRO),
        ("budget_cpu", state.cpu_us, budgets.cpu_seconds_episode, _MICRO),
        ("budget_wall", state.call_wall_us(call, now_us), budgets.wall_seconds_call, _MICRO),
        ("budget_wall", now_us - state.opened_us, budgets.wall_seconds_episode, _MICRO),
        ("budget_memory", state.call_memory_bytes(call), budgets.memory_bytes, 1),
        ("budget_egress", state.call_egress_bytes(call), budgets.egress_bytes_call, 1),
        ("budget_egress", state.egress_bytes, budgets.egress_bytes_episode, 1),
    )
    for reason, used, limit, scale in pairs:
        if limit is not None and used > limit * scale:
            return reason
    return None


def one_sided(sent: int, received: int, most: int | None, floor: int | None) -> bool:
    """Return whether ``sent`` bytes are beyond ``floor`` (None: 1 MiB) and more than ``most`` times those ``received``."""
    return most is not None and sent > (SENT_FLOOR if floor is None else floor) and sent > most * received


def _reached(used: int, limit: int | None, scale: int = 1) -> bool:
    return limit is not None and used >= limit * scale


def _call(record: Recorded) -> int | None:
    if isinstance(record, Compute):
        return record.attribution.call
    return record.coordinates.call if record.coordinates is not None else None
