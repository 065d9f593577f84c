"""Claims against the record: what a harness or model says happened, beside what the gate and the kernel saw.

Three ways to disagree: a claimed call that the gate never saw; an output whose digest is not the recorded one; a first
process image that the act does not explain.
"""

from __future__ import annotations

import hashlib

from vigiles.detectors.claim_match import argv_differs
from vigiles.detectors.conclude import attribution_of, call_of, conclude
from vigiles.detectors.memory import Recent
from vigiles.detectors.rule import Rule
from vigiles.model.act import Act
from vigiles.model.claim import Claim
from vigiles.model.finding import Finding
from vigiles.model.observation.process import ProcessStart
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.render.text import safe_argv

_SOURCE = "DESIGN.md section 2, claimed versus observed; the claimed-versus-found gap of RL harnesses"

UNSEEN_CALL = Rule(id="claimed_observed.unseen_call", severity="high", techniques=["T1565", "T1036"], source=_SOURCE)
OUTPUT_DIFFERS = Rule(id="claimed_observed.output_differs", severity="high", techniques=["T1565"], source=_SOURCE)
EXECUTED_DIFFERS = Rule(id="claimed_observed.executed_differs", severity="high", techniques=["T1036"], source=_SOURCE)
_EMPTY = hashlib.sha256(b"").hexdigest()


class ClaimedObserved:
    """Joins claims to acts and results, and first process images to acts."""

    name = "claimed_observed"
    rules = (UNSEEN_CALL, OUTPUT_DIFFERS, EXECUTED_DIFFERS)
    takes = (Act, Result, Claim, ProcessStart)

    def __init__(self) -> None:
        self._acts: Recent[str, Act] = Recent(4096)
        self._act_of_call: Recent[int, str] = Recent(4096)
        self._unclaimed: Recent[str, Act] = Recent(4096)
        self._results: Recent[str, Result] = Recent(4096)
        self._waiting: Recent[str, Claim] = Recent(4096)
        self._started: Recent[int, None] = Recent(4096)

    def feed(self, record: Recorded) -> list[Finding]:
        """Return what the record completes."""
        if isinstance(record, Act):
            self._act(record)
        elif isinstance(record, Result):
            self._results.set(record.act, record)
            waiting = self._waiting.pop(record.act)
            return self._output(record, waiting, record) if waiting is not None else []
        elif isinstance(record, Claim):
            return self._claim(record)
        elif isinstance(record, ProcessStart):
            return self._process(record)
        return []

    def _act(self, act: Act) -> None:
        self._acts.set(act.id, act)
        if act.kind in ("process", "tool_call"):
            self._unclaimed.set(act.id, act)
            call = call_of(act)
            if call is not None:
                self._act_of_call.first_time(call, act.id)

    def _claim(self, claim: Claim) -> list[Finding]:
        if claim.kind == "earlier_output":
            return []  # another run's output: times, ids and a network that answers anew are no lie
        act = self._claimed_act(claim)
        if act is None:
            said = safe_argv(claim.argv, 120) if claim.argv is not None else claim.tool or claim.act or "something"
            summary = f"{claim.source} reports a call that the gate never saw: {said}"
            return [conclude(UNSEEN_CALL, claim, summary=summary, cause=f"claim:{claim.act or claim.id}")]
        if claim.kind == "tool_call":
            return self._tool_call(claim, act)
        result = self._results.get(act.id)
        if result is None:
            self._waiting.set(act.id, claim)
            return []
        return self._output(claim, claim, result)

    def _claimed_act(self, claim: Claim) -> Act | None:
        """Find the act by id, else by its call, else (a tool call) the oldest unclaimed act of the same tool and argv."""
        if claim.act is not None:
            return self._acts.get(claim.act)
        call = call_of(claim)
        if call is not None:
            return self._acts.get(self._act_of_call.get(call) or "")
        if claim.kind == "output":
            return None
        return next((act for act in self._unclaimed.values() if not _differs(claim, act)), None)

    def _tool_call(self, claim: Claim, act: Act) -> list[Finding]:
        self._unclaimed.pop(act.id)
        if not _differs(claim, act):
            return []
        said = safe_argv(claim.argv, 120) if claim.argv is not None else claim.tool or ""
        summary = f"{claim.source} reports another call than the gate saw: {said}"
        cause = f"claim:{act.id}"
        return [conclude(UNSEEN_CALL, claim, summary=summary, cause=cause, evidence=[act], attribution=attribution_of(act))]

    def _output(self, completing: Recorded, claim: Claim, result: Result) -> list[Finding]:
        recorded = result.stdout_sha256 or _EMPTY
        if claim.output_sha256 is None or claim.output_sha256.lower() == recorded:
            return []
        summary = f"{claim.source} handed on an output that is not the recorded one of {result.act}"
        other = claim if completing is result else result
        return [
            conclude(
                OUTPUT_DIFFERS,
                completing,
                summary=summary,
                cause=f"claim:{result.act}",
                evidence=[other],
                attribution=attribution_of(result),
            )
        ]

    def _process(self, start: ProcessStart) -> list[Finding]:
        call = start.attribution.call
        if start.attribution.grade != "exact" or call is None or start.via == "scan":
            return []
        act = self._acts.get(self._act_of_call.get(call) or "")
        if not self._started.first_time(call, None) or act is None or act.process is None:
            return []
        if not argv_differs(act.process.argv, start.argv):
            return []
        asked, ran = safe_argv(act.process.argv, 80), safe_argv(start.argv, 80)
        summary = f"asked for {asked}, but {ran} was executed"
        return [conclude(EXECUTED_DIFFERS, start, summary=summary, cause=f"executed:{call}", evidence=[act])]


def _differs(claim: Claim, act: Act) -> bool:
    if claim.tool is not None and claim.tool != act.tool:
        return True
    if claim.argv is None:
        return False
    return act.process is None or len(claim.argv) != len(act.process.argv) or argv_differs(act.process.argv, claim.argv)
