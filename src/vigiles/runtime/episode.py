"""One episode: a cell under a profile, its gate, its calls, and everything that was seen."""

from __future__ import annotations

import asyncio
import hashlib
import os
import weakref
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from vigiles.cell.apply import Applied
from vigiles.cell.groups import CellGroups
from vigiles.cell.handle import Cell
from vigiles.cell.spec import CellSpec
from vigiles.gate.gate import Gate, refused
from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act, ActKind, ProcessSpec
from vigiles.model.claim import Claim
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.errors import ControlUnavailable, InputInvalid
from vigiles.model.feedback import Feedback, FeedbackValue
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.files import FileChange
from vigiles.model.plain import plain, text
from vigiles.model.reason import ReasonCode, agent_text
from vigiles.model.response import Response, ResponseKind
from vigiles.model.result import Result
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.profile import Tier
from vigiles.runtime import bare, ending, held, outfit, preparation, process_call
from vigiles.runtime.conclusion import number_of
from vigiles.runtime.outcome import Outcome
from vigiles.runtime.pipeline import Pipeline
from vigiles.runtime.services import Services
from vigiles.runtime.shell import Shell
from vigiles.runtime.strike import Strikes
from vigiles.runtime.tier_r import TierR
from vigiles.runtime.warm import Kind
from vigiles.runtime.watch import Watch
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
        self._ending: asyncio.Future[None] | None = None
        self._opened = False
        self._calls = 0
        self._shells = 0
        self._admitted: tuple[int, CellGroups] | None = None
        self._turn = 1
        self._acts: dict[int, tuple[Act, Verdict]] = {}
        state = BudgetState(now().mono_us)
        # Its parts know it weakly: an episode that is let go is freed at once, not by a long collection at some act's cost.
        me, known = weakref.proxy(self), weakref.ref(self)

        def strike(incident: Incident, finding: Finding, kinds: list[ResponseKind]) -> None:
            if (episode := known()) is not None:
                episode.strikes.plan(incident, kinds)

        def notify(finding: Finding) -> None:
            if (episode := known()) is not None and episode.on_finding is not None:
                episode.on_finding(finding)

        self.pipeline = Pipeline(self.profile, services.ledger, state, strike, notify)
        self.gate = Gate(services.ledger, ruleset.judge, ruleset.digest, state, lambda: me.shut, self.pipeline.see)
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
        """Record the ruleset and the opening, make the cell, probe it, record what is applied. Raises what stops a start.

        ``tier``: U-, U or R; None is the best that this machine and process can give. ``rootfs``, ``root_inside``: see
        :func:`vigiles.runtime.own_root.on_own_root`.
        """
        held.refuse_held(self.services.home, self.coordinates.model_version)
        offered = self.services.tier_r
        in_bare = await bare.chosen(self.profile, tier)
        if in_bare:
            bare.accept(self.profile)
            reached: Tier = "U-"
        else:
            reached = outfit.reached(self.profile, tier, offered if isinstance(offered, ControlUnavailable) else None)
        spec = outfit.cell_spec(
            self.profile,
            self.coordinates.run,
            self.coordinates.episode,
            workdir,
            extra_read=list(extra_read),
            shim=shim,
            rootfs=rootfs,
            root_inside=root_inside,
        )
        if in_bare:
            spec = bare.fit(spec)
        outfit.keep_home_out(self.services.home, spec)
        outfit.refuse_sockets(spec)
        config, in_r = outfit.door_config(self.profile, self.coordinates), reached == "R"
        kind = Kind.of(spec, config, self.profile.budgets, in_r=in_r)
        warm = None if in_bare else self.services.warm.take(kind)
        if warm is not None:
            self.cell, self._admitted = warm.cell, warm.admitted
        try:
            if in_r and isinstance(offered, TierR):
                if warm is None:
                    self._admitted = offered.admit(self.coordinates.episode, self.profile.budgets)
                spec = self._in_tier_r(spec, offered)
        except ControlUnavailable:
            if self.cell is not None:
                self.services.launcher.drop(self.cell)
            self.dismiss()
            raise
        opening: list[Recorded] = [
            RulesetInForce(
                id=new_id("rul"),
                at=now(),
                coordinates=self.coordinates,
                profile=self.profile.name,
                digest=self.ruleset.digest,
                text=self.ruleset.text,
            ),
            EpisodeOpened(
                id=new_id("eop"),
                at=now(),
                coordinates=self.coordinates,
                principal=self.principal.name,
                profile=self.profile.name,
                ruleset=self.ruleset.digest,
                tier=spec.tier,
                workdir=text(os.fsencode(spec.workdir)),
            ),
        ]
        # The cell is made while the opening is written: nothing runs in it before both are done.
        recorded = asyncio.ensure_future(self.services.ledger.append(opening, True))
        try:
            try:
                if self.cell is not None:
                    await self.services.launcher.adopt(self.cell, spec, self.watch)
                else:
                    self.cell = await self.services.launcher.make(
                        spec, config if spec.network else None, self.watch, self._admitted[1] if self._admitted else None
                    )
            finally:
                await recorded
                self._opened = True
            for record in opening:
                self.pipeline.see(record)
            self.pipeline.observe(await preparation.ready(self))
        except BaseException:
            await self.end("refused")
            raise
        self.watch.start()

    def _in_tier_r(self, spec: CellSpec, tier_r: TierR) -> CellSpec:
        """Have tier R's sensors watch the cell that is about to be made; return it as it is to be made."""
        assert self._admitted is not None
        uid, groups = self._admitted
        self.watch.of_cell(groups.identity())
        denials = self.profile.files.denials
        if denials:
            self.watch.denials = tier_r.denials(self.watch, uid)
        return outfit.in_tier_r(spec, uid, denials=denials)

    # -- work ------------------------------------------------------------------------------------------------------

    def environment(self, extra: dict[str, str] | None = None) -> dict[str, str]:
        """Return the whole environment of a call in this episode's cell; ``extra`` adds to it."""
        spec = None if self.cell is None else self.cell.spec
        own, inside = spec is not None and bool(spec.rootfs), spec is not None and spec.root_inside
        return outfit.environment(self.profile, extra, rootfs=own, root_inside=inside)

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
        """Return what training is told about a call, as far as it is known now."""
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
        await asyncio.shield(self._ending)

    async def close(self) -> None:
        """End the episode in order: strikes done, files looked at and applied, feedback recorded."""
        await self.strikes.idle()
        await self.end("closed")
        for number in sorted(self._acts):
            self.pipeline.observe(self.feedback(number))
        self.strikes.close()
        self.watch.close()
        await self.services.ledger.flush()

    def hold_model(self) -> None:
        """Refuse further episodes of this model version until a person lifts the hold."""
        held.hold(self.services.home, self.coordinates.model_version)

    # -- inside ----------------------------------------------------------------------------------------------------

    def record_end(self, reason: str, leftover: int, cpu_us: int) -> None:
        """Record the end of the episode, if its opening is on record."""
        if not self._opened:
            return
        self.pipeline.observe(
            EpisodeEnded(
                id=new_id("eed"),
                at=now(),
                coordinates=self.coordinates,
                reason=reason,  # type: ignore[arg-type]  # the callers in this room pass its literals
                leftover=leftover,
                cpu_us=cpu_us,
            )
        )

    def dismiss(self) -> None:
        """Give back what tier R lent; the cell is dead or never was."""
        if self._admitted is not None and isinstance(self.services.tier_r, TierR):
            self.services.tier_r.dismiss(*self._admitted)
            self._admitted = None

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
