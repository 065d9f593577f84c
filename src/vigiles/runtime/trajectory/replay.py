"""A trajectory performed: each use of a tool a call of one episode, one after the other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act
from vigiles.model.claim import Claim
from vigiles.model.errors import InputInvalid
from vigiles.model.plain import text
from vigiles.model.result import Result
from vigiles.protocols.transcript.said import ToolUse
from vigiles.runtime.conclusion import number_of
from vigiles.runtime.episode import Episode
from vigiles.runtime.outcome import Outcome
from vigiles.runtime.shells.shell import LONGEST_COMMAND, Shell
from vigiles.runtime.trajectory.compare import compare
from vigiles.runtime.trajectory.plan import AsProcess, InShell, Mappings, NotPerformed, Plan
from vigiles.runtime.trajectory.report import Report, Row
from vigiles.runtime.trajectory.source import Source
from vigiles.runtime.trajectory.walk import Walk

_LABEL = 200
#: Arguments of more bytes are recorded by their digest: no record holds a file.
_ARGUMENTS = 256 << 10
_SETTLE_S = 0.2
SOURCE = "replay"


class Replay:
    """Replays into an open episode. ``timeout``: seconds for each call, beside the profile's limit."""

    def __init__(
        self,
        episode: Episode,
        mappings: Mappings,
        timeout: float | None = None,
        on_row: Callable[[Row], None] = lambda _: None,
    ) -> None:
        self._episode = episode
        self._mappings = mappings
        self._timeout = timeout
        self._on_row = on_row
        self._shell: Shell | None = None
        self.report = Report(episode.profile.name, episode.coordinates)

    async def run(self, source: Source) -> Report:
        """Perform what ``source`` holds, as far as it can be read and the episode lives. Raises ``LedgerUnwritable``."""
        walk: Walk[tuple[Row, Outcome, bool]] = Walk(source, self.report, self._compare)
        async for where, use, begins in walk.steps():
            row = Row(where, use.tool, use.label, described(use), "left")
            self.report.rows.append(row)
            if self._episode.shut in ("episode_ended", "episode_frozen"):
                self.report.ended = self._episode.ended_by or str(self._episode.shut)
                continue
            if begins:
                self._episode.next_turn()
            plan = self._mappings.plan(use)
            outcome, why = await self._done(use, plan)
            _fill(row, outcome, why)
            comparable = why is None and outcome.allowed and not (isinstance(plan, AsProcess) and not plan.comparable)
            walk.kept(use, (row, outcome, comparable))
            self._on_row(row)
        return self.report

    async def conclude(self) -> None:
        """Take into the report what is known by now: findings, feedback and incidents arrive after their calls."""
        episode, report = self._episode, self.report
        if report.ended is None:
            await episode.settle(_SETTLE_S)
        for row in report.rows:
            if row.call is not None:
                row.findings = sorted({finding.rule for finding in episode.findings(row.call)})
                row.feedback = episode.feedback(row.call).value
        report.incidents = list(episode.pipeline.incidents)
        if episode.shut is not None:
            report.ended = report.ended or episode.ended_by or str(episode.shut)

    async def _done(self, use: ToolUse, plan: Plan) -> tuple[Outcome, str | None]:
        """Return what came of it, and why nothing was performed, None where something was or was refused."""
        label = label_of(use)
        why = plan.why if isinstance(plan, NotPerformed) else None
        if isinstance(plan, NotPerformed) and plan.restart and self._shell is not None:
            self._shell.close()
            self._shell = None
        if why is None:
            try:
                return await self._performed(plan, label), None
            except InputInvalid as error:  # a NUL in a command: no process can be started with it, and none was
                why = str(error)
        return await self._recorded(use, label), why

    async def _performed(self, plan: Plan, label: str) -> Outcome:
        if isinstance(plan, AsProcess):
            return await self._episode.call(plan.argv, label=label, stdin=plan.stdin, timeout=self._timeout, cwd=plan.cwd)
        assert isinstance(plan, InShell)
        if len(plan.command) > LONGEST_COMMAND:
            raise InputInvalid("the command is too long for a shell", "Put it into a file.")
        if plan.fresh:
            async with self._episode.shell(cwd=plan.cwd) as shell:
                return await shell.run(plan.command, label=label, timeout=self._timeout)
        if self._shell is None:
            self._shell = self._episode.shell()
        return await self._shell.run(plan.command, label=label, timeout=self._timeout)

    async def _recorded(self, use: ToolUse, label: str) -> Outcome:
        """Record a use that nothing is performed for: judged like any act, and its result says that it was not done."""
        act, verdict = await self._episode.admit("tool_call", use.tool, bounded(use.arguments), label, None)
        if verdict.decision not in ("allow", "modify"):
            return self._episode.refused(act, verdict)
        result = _not_performed(act)
        self._episode.gate.finish(result)
        return Outcome(number_of(act), act, verdict, result)

    def _compare(self, kept: tuple[Row, Outcome, bool], said: str) -> None:
        """Compare an output of the transcript with what came now, and record what was said."""
        row, outcome, comparable = kept
        if comparable:
            row.output = compare(said, outcome.stdout, outcome.stderr, truncated=outcome.result.truncated)
        self._episode.pipeline.observe(
            Claim(
                id=new_id("clm"),
                at=now(),
                coordinates=outcome.act.coordinates,
                kind="earlier_output",
                source=SOURCE,
                act=outcome.act.id,
                tool=text(row.tool),
                output_sha256=hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest(),
            )
        )


def label_of(use: ToolUse) -> str:
    """Return the transcript's name of the tool and id of the call as one label of ours."""
    return text(use.tool if use.label is None else f"{use.tool}:{use.label}")[:_LABEL]


def described(use: ToolUse) -> str:
    """Return what a use asks for, for people, cut; it is agent text."""
    for name in ("command", "cmd", "commands", "raw"):
        value = use.arguments.get(name)
        if isinstance(value, str):
            more = use.arguments.get("path")
            return f"{value} {more}"[:400] if isinstance(more, str) else value[:400]
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return " ".join(value)[:400]
    return json.dumps(use.arguments, default=str)[:400]


def bounded(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments as they are recorded: whole, or by size and digest."""
    whole = json.dumps(arguments, default=str).encode("utf-8", "surrogatepass")
    if len(whole) <= _ARGUMENTS:
        return arguments
    return {"arguments_bytes": len(whole), "arguments_sha256": hashlib.sha256(whole).hexdigest()}


def _not_performed(act: Act) -> Result:
    return Result(
        id=new_id("res"), at=now(), coordinates=act.coordinates, act=act.id, outcome="failed", error="not_performed"
    )


def _fill(row: Row, outcome: Outcome, why: str | None) -> None:
    where = outcome.act.coordinates
    row.deed = "refused" if not outcome.allowed else "performed" if why is None else "recorded"
    row.call, row.turn = outcome.call, None if where is None else where.turn
    row.decision, row.reason, row.rules = outcome.verdict.decision, outcome.verdict.reason, list(outcome.verdict.rules)
    row.exit_code, row.signal, row.error = outcome.exit_code, outcome.signal, outcome.result.error
    row.why = why
