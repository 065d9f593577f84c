"""One episode: a cell under a profile, its gate, its calls, and everything that was seen."""

from __future__ import annotations

import asyncio
import hashlib
import weakref
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from vigiles.cell.changes.apply import Applied
from vigiles.cell.groups import CellGroups
from vigiles.cell.handle import Cell
from vigiles.gate.gate import Gate, refused
from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act, ActKind, ProcessSpec
from vigiles.model.claim import Claim
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import InputInvalid
from vigiles.model.feedback import Feedback, FeedbackValue
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.files import FileChange
from vigiles.model.plain import plain, text
from vigiles.model.preflight import Preflight
from vigiles.model.reason import ReasonCode, agent_text
from vigiles.model.response import Response, ResponseKind
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.profile import Tier
from vigiles.runtime import ending, process_call
from vigiles.runtime.approving import held
from vigiles.runtime.approving.approvals import LedgerApprovals
from vigiles.runtime.beginning import beginning
from vigiles.runtime.conclusion import number_of
from vigiles.runtime.listening import tell
from vigiles.runtime.outcome import Outcome
from vigiles.runtime.outfitting import outfit
from vigiles.runtime.outfitting.credentials import Held
from vigiles.runtime.outfitting.honey import Minted
from vigiles.runtime.pipeline import Pipeline
from vigiles.runtime.services import Services
from vigiles.runtime.shells.shell import Shell
from vigiles.runtime.strike import Strikes
from vigiles.runtime.watching.watch import Watch
from vigiles.runtime.yielding import Yielding

Perform = Callable[[dict[str, Any]], Awaitable[Any]]


class Episode:
    """Open with :func:`open_episode`. Calls may overlap; each has its own number, identity and outcome."""

    def __init__(self, services: Services, ruleset: Ruleset, coordinates: Coordinates, principal: PrincipalRef) -> None:
        self.services = services
        self.ruleset = ruleset
        self.profile = ruleset.profile
        self.coordinates = coordinates
        self.principal = principal
        self.shut: ReasonCode | None = None
        self.cell: Cell | None = None
        self.on_finding: Callable[[Finding], None] | None = None
        self.on_response: Callable[[Response], None] | None = None
        self.applied: Applied | None = None
        self.ended_by: str | None = None
        self.preflight: Preflight | None = None
        self.honey: Minted | None = None
        self.credentials: Held | None = None
        self._ending: asyncio.Future[None] | None = None
        #: Set when nothing of the cell lives any more.
        self.over = asyncio.Event()
        #: The look at what the cell would have and the opening on its way to the ledger; if it fails nothing is opened.
        self.recorded: asyncio.Future[list[int]] | None = None
        self._calls = 0
        self._shells = 0
        #: What tier R has lent: a uid and control groups.
        self.admitted: tuple[int, CellGroups] | None = None
        self._turn = 1
        self._acts: dict[int, tuple[Act, Verdict]] = {}
        state = BudgetState(now().mono_us)
        # Its parts know it weakly: an episode that is let go is freed at once, not by a long collection at some act's cost.
        me, known = weakref.proxy(self), weakref.ref(self)

        def strike(incident: Incident, finding: Finding, kinds: list[ResponseKind]) -> None:
            if (episode := known()) is not None:
                episode.strikes.plan(incident, kinds)

        def notify(finding: Finding) -> None:
            if (episode := known()) is not None:
                tell(episode.on_finding, finding)

        self.pipeline = Pipeline(self.profile, services.ledger, state, strike, notify, across=services.across)
        self.approvals = LedgerApprovals(services.home, self.profile.approvals, services.ledger, self.pipeline.see)
        self.gate = Gate(
            services.ledger, ruleset.judge, ruleset.digest, state, lambda: me.shut, self.pipeline.see, self.approvals
        )
        self.watch = Watch(me)
        self.strikes = Strikes(me)
        self.yielding = Yielding(me)
        self.pipeline.flooded = self.yielding.take

    # -- opening ---------------------------------------------------------------------------------------------------

    async def open(
        self,
        workdir: Path,
        *,
        extra_read: Sequence[str] = (),
        shim: bool = False,
        tier: Tier | None = None,
        rootfs: Path | None = None,
        root_inside: bool = False,
    ) -> None:
        """Begin; see :func:`vigiles.runtime.beginning.beginning.begin`. Raises what stops a start.

        ``tier``: U-, U or R; None is the best that this machine and process can give. ``rootfs``, ``root_inside``: see
        :func:`vigiles.runtime.outfitting.own_root.on_own_root`.
        """
        await beginning.begin(self, beginning.Place(workdir, extra_read, shim, tier, rootfs, root_inside))

    # -- work ------------------------------------------------------------------------------------------------------

    def environment(self, extra: dict[str, str] | None = None) -> dict[str, str]:
        """Return the whole environment of a call in this episode's cell; ``extra`` adds to it."""
        spec = None if self.cell is None else self.cell.spec
        if self.honey is not None:
            extra = {**self.honey.environment, **(extra or {})}
        if self.credentials is not None:
            extra = {**self.credentials.environment, **(extra or {})}
        return outfit.environment(self.profile, extra, spec)

    def next_turn(self) -> int:
        """Begin the next turn and return its number; the first turn is 1 and open from the start."""
        self._turn += 1
        return self._turn

    def place(self, call: int, label: str | None = None) -> Coordinates:
        """Return the full coordinates of a call."""
        return msgspec.structs.replace(self.coordinates, turn=self._turn, call=call, label=label)

    def coordinates_of(self, call: int) -> Coordinates:
        """Return the coordinates under which a call was admitted."""
        known = self._acts.get(call)
        if known is not None and known[0].coordinates is not None:
            return known[0].coordinates
        return msgspec.structs.replace(self.coordinates, call=call)

    async def call(
        self,
        argv: Sequence[str],
        *,
        label: str | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
        env: dict[str, str] | None = None,
        cwd: str | None = None,
        background: bool = False,
    ) -> Outcome:
        """Run a process in the cell as one call and return when its first process has ended.

        ``background`` returns when it has started. A ``timeout`` (seconds; the profile's limit if shorter) ends the
        process group. Refusals do not raise: look at ``outcome.allowed``. Raises ``LedgerUnwritable``: nothing was done.
        """
        return await process_call.run(self, process_call.Order(argv, label, stdin, timeout, env, cwd, background))

    def shell(self, *, env: dict[str, str] | None = None, cwd: str | None = None) -> Shell:
        """Return a persistent shell: ``async with episode.shell() as shell: await shell.run("cd src")``.

        Each command is a call of its own; ``env`` (beside the profile's) and ``cwd`` are what the first one begins with.
        """
        self._shells += 1
        return Shell(self, self._shells, env, cwd)

    async def act(
        self,
        kind: ActKind,
        tool: str,
        arguments: dict[str, Any] | None = None,
        perform: Perform | None = None,
        *,
        label: str | None = None,
    ) -> Outcome:
        """Do an in-process act of any kind: recorded, judged, and only then ``perform(arguments)``.

        ``perform`` gets the arguments as the verdict left them. What it raises is recorded as a failure and raised again.
        """
        given = arguments or {}
        act, verdict = await self.admit(kind, tool, given, label, None)
        if verdict.decision not in ("allow", "modify"):
            return self.refused(act, verdict)
        value, error = None, None
        started = now().mono_us
        try:
            if perform is not None:
                value = await perform(given if verdict.arguments is None else verdict.arguments)
        except BaseException as failure:
            error = failure
        result = Result(
            id=new_id("res"),
            at=now(),
            coordinates=act.coordinates,
            act=act.id,
            outcome="performed" if error is None else "failed",
            wall_us=now().mono_us - started,
            error=None if error is None else type(error).__name__,
        )
        self.gate.finish(result)
        if error is not None:
            raise error
        return Outcome(number_of(act), act, verdict, result, value=value, feedback=self._value(number_of(act)))

    async def admit(
        self, kind: ActKind, tool: str, arguments: dict[str, Any], label: str | None, process: ProcessSpec | None
    ) -> tuple[Act, Verdict]:
        """Give the next call number to an act and have the gate judge it."""
        self._calls += 1
        number = self._calls
        act = Act(
            id=new_id("act"),
            at=now(),
            coordinates=self.place(number, None if label is None else text(label)),
            principal=self.principal.name,
            kind=kind,
            tool=text(tool),
            arguments=plain(arguments) if arguments else {},
            process=process,
        )
        verdict = await self.gate.admit(act, self.principal)
        if process is not None and verdict.decision in ("allow", "modify"):
            self.watch.opened(number)  # not before: what never begins is no candidate for what others do
        self._acts[number] = (act, verdict)
        return act, verdict

    # -- what is known ---------------------------------------------------------------------------------------------

    def claim(
        self,
        kind: str,
        *,
        source: str,
        act: str | None = None,
        tool: str | None = None,
        argv: list[str] | None = None,
        output: bytes | None = None,
        label: str | None = None,
    ) -> None:
        """Record what a harness or model says happened (``tool_call``, ``output``); detectors compare.

        Raises ``InputInvalid`` for any other kind.
        """
        if kind not in ("tool_call", "output"):
            raise InputInvalid(f"no kind of claim: {kind[:64]!r}", 'Claim a "tool_call" or an "output".')
        self.pipeline.observe(
            Claim(
                id=new_id("clm"),
                at=now(),
                coordinates=msgspec.structs.replace(
                    self.coordinates, turn=self._turn, label=None if label is None else text(label)
                ),
                kind="output" if kind == "output" else "tool_call",
                source=text(source),
                act=None if act is None else text(act),
                tool=None if tool is None else text(tool),
                argv=None if argv is None else [text(word) for word in argv],
                output_sha256=None if output is None else hashlib.sha256(output).hexdigest(),
            )
        )

    def records(self) -> list[Recorded]:
        """Return what was recorded of this episode so far, oldest first."""
        return list(self.pipeline.records)

    def changes(self, call: int | None = None) -> list[FileChange]:
        """Return what happened to files of the work directory so far, or what ``call`` did to them or may have done.

        A call that has returned has its changes here. Where calls overlapped, a change stands at each of its candidates.
        """
        found = [record for record in self.pipeline.records if isinstance(record, FileChange)]
        return [one for one in found if call is None or call in (one.attribution.call, *one.attribution.candidates)]

    def findings(self, call: int | None = None) -> list[Finding]:
        """Return the findings of one call, or of all."""
        return self.pipeline.findings(call)

    def feedback(self, call: int) -> Feedback:
        """Return what training is told about a call, as far as it is known now.

        Raises ``InputInvalid`` for a call that this episode never judged.
        """
        if call not in self._acts:
            raise InputInvalid(f"this episode has no call {call}", "Ask about a call that has an outcome.")
        act, verdict = self._acts[call]
        value, reasons = self.pipeline.feedback(call, [verdict.reason])
        return Feedback(id=new_id("fbk"), at=now(), coordinates=act.coordinates, act=act.id, value=value, reasons=reasons)

    async def settle(self, seconds: float) -> None:
        """Let observations arrive and strikes land."""
        await asyncio.sleep(seconds)
        self.watch.look()
        await self.strikes.idle()

    # -- the end ---------------------------------------------------------------------------------------------------

    async def end(self, reason: str) -> None:
        """End the episode now: everything in the cell dies. Later acts are refused. The first reason counts."""
        if self._ending is None:
            self.shut = "episode_ended"
            self.ended_by = None if reason == "closed" else reason
            self._ending = asyncio.ensure_future(ending.end(self, reason))
            self._ending.add_done_callback(lambda _: self.over.set())
        await asyncio.shield(self._ending)

    async def close(self) -> None:
        """End the episode in order: strikes done, files looked at and applied, feedback recorded.

        Whatever fails or is cancelled on the way, the cell has ended then, and nothing goes on.
        """
        try:
            try:
                await self.strikes.idle()
            finally:
                await self.end("closed")
            for number in sorted(self._acts):
                self.pipeline.observe(self.feedback(number))
        finally:
            self.strikes.close()
            self.watch.close()
        await self.services.ledger.flush()

    def hold_model(self) -> None:
        """Refuse further episodes of this model version until a person lifts the hold.

        Raises :class:`InputInvalid` for an episode that names none.
        """
        held.hold(self.services.home, self.coordinates.model_version)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _value(self, call: int) -> FeedbackValue:
        return self.feedback(call).value

    def refused(self, act: Act, verdict: Verdict) -> Outcome:
        """Record and return an act that did not happen."""
        result = refused(act)
        self.gate.finish(result)
        self.watch.returned(number_of(act))
        return Outcome(
            number_of(act),
            act,
            verdict,
            result,
            agent_text=agent_text(verdict.reason),
            feedback=self._value(number_of(act)),
        )
