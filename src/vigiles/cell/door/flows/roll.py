"""The roll of open flows: what a cut runs through, and the clock that ends what has gone quiet."""

from __future__ import annotations

import asyncio
import time

from vigiles.cell.door.config import DoorConfig
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.flows.report import Report
from vigiles.model.reason import ReasonCode

_TICK_S = 0.1


class Roll:
    """Who is open, and who may not open any more."""

    def __init__(self, config: DoorConfig, report: Report) -> None:
        self._config = config
        self._report = report
        self._flows: dict[str, LiveFlow] = {}
        self._cut_all = False
        self._cut_calls: set[int] = set()
        self.closing: ReasonCode | None = None

    def enter(self, flow: LiveFlow) -> None:
        """Put a flow on the roll; its task is the one that runs now."""
        flow.task = asyncio.current_task()
        self._flows[flow.id] = flow

    def leave(self, flow: LiveFlow) -> None:
        """Take a flow off the roll."""
        self._flows.pop(flow.id, None)

    def flows(self) -> list[LiveFlow]:
        """The open flows."""
        return list(self._flows.values())

    def barred(self, call: int | None) -> ReasonCode | None:
        """Return why ``call`` may open nothing, None when it may."""
        if self.closing is not None:
            return self.closing
        return "egress_cut" if self._cut_all or call in self._cut_calls else None

    async def cut(self, call: int | None, reason: ReasonCode = "egress_cut") -> int:
        """End the flows of ``call`` (None: all) and bar new ones; return how many ended."""
        if reason == "shutdown":
            self.closing = reason
        if call is None:
            self._cut_all = True
        else:
            self._cut_calls.add(call)
        struck = [flow for flow in self.flows() if call is None or flow.call == call]
        for flow in struck:
            end(flow, reason)
        tasks = [flow.task for flow in struck if flow.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=2)
        return len(struck)

    def allow(self, call: int | None) -> None:
        """Undo a cut; None undoes every cut."""
        if call is None:
            self._cut_all = False
            self._cut_calls.clear()
        else:
            self._cut_calls.discard(call)

    async def tick(self) -> None:
        """For ever: send due updates, end flows that have gone quiet."""
        idle = self._config.egress.idle_ms * 1_000_000
        half_open = self._config.half_open_ms * 1_000_000
        observing = self._config.egress.mode == "observe"
        longest = self._config.flow_seconds
        while True:
            await asyncio.sleep(_TICK_S)
            now = time.monotonic_ns()
            for flow in self.flows():
                try:
                    flow.tick(now, self._config.update_ms * 1_000_000)
                except Exception:
                    # Of a flow that cannot be told of nothing more may pass; the others go on.
                    self._report.fold("door_fault")
                    end(flow, flow.reason)
                if longest is not None and flow.age_ns(now) > longest * 1_000_000_000:
                    if observing:
                        flow.unenforced("budget_flow_time")
                    else:
                        end(flow, "budget_flow_time")
                if now - flow.moved > (min(idle, half_open) if flow.ended else idle):
                    end(flow, flow.reason)


def end(flow: LiveFlow, reason: ReasonCode) -> None:
    """End one flow now; its task closes both sockets and sends the last record."""
    flow.reason = reason
    if flow.task is not None:
        flow.task.cancel()
