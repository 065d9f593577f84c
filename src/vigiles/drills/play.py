"""Puts a drill's steps to episodes, one after the other, and writes down which call each step was.

The Python API is handed in as :class:`Opener`: drills stand below it. The play trusts nothing that the guard says about
attribution: a step's call is the number that the API gave back when the step was asked for.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

from vigiles.drills import agent, mark
from vigiles.drills.drill import DrillFolder, Play, Step
from vigiles.drills.played import Played, PlayedEpisode, PlayedStep
from vigiles.drills.turns import Turns
from vigiles.drills.world.serve import Ready
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import EpisodeOver, Refused
from vigiles.model.finding import Finding
from vigiles.model.reason import ReasonCode
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict
from vigiles.ruleset.load import load_profile

_OUTPUT_LIMIT = 2000
_LOOK_SECONDS = 0.02
#: The gate's reasons that mean: this episode does nothing more.
OVER: frozenset[ReasonCode] = frozenset({"episode_ended", "episode_frozen", "shutdown"})


class Outcome(Protocol):
    """How one call ended, as the API says."""

    @property
    def call(self) -> int:
        """Return the number of the call within its episode."""
        ...

    @property
    def verdict(self) -> Verdict:
        """Return the gate's verdict."""
        ...

    @property
    def exit_code(self) -> int | None:
        """Return how the process exited."""
        ...

    @property
    def signal(self) -> int | None:
        """Return which signal killed it."""
        ...

    @property
    def stdout(self) -> bytes:
        """Return its standard output."""
        ...

    @property
    def stderr(self) -> bytes:
        """Return its standard error."""
        ...

    @property
    def feedback(self) -> str:
        """Return what training is told of the call so far."""
        ...


class Episode(Protocol):
    """An open episode, as the API gives it."""

    @property
    def coordinates(self) -> Coordinates:
        """Return run and episode."""
        ...

    def next_turn(self) -> object:
        """Begin the next turn."""
        ...

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
        """Perform one tool call; a refusal is an outcome too."""
        ...

    async def settle(self, seconds: float) -> object:
        """Let observations arrive."""
        ...

    def records(self) -> Sequence[Recorded]:
        """Return everything on record for this episode so far, in the ledger's order."""
        ...


class Opener(Protocol):
    """Opens an episode. The context's end closes it."""

    def __call__(
        self, *, profile: Path | str, workdir: Path, task: str, model_version: str
    ) -> AbstractAsyncContextManager[Episode]:
        """Return the context of an open episode."""
        ...


#: Gives an opener whose episodes share one supervisor and one run, for as long as the context lasts.
Together = Callable[[], AbstractAsyncContextManager[Opener]]
#: Called before each step with (profile, purpose of the episode, step id).
Progress = Callable[[str, str, str], None]


def sequences(folder: DrillFolder, play: Play, available: Sequence[Step]) -> list[tuple[str, list[Step]]]:
    """Return (purpose, steps) for each episode of a play."""
    if play.agents:
        return [(agent, [step for step in available if agent in step.agents]) for agent in play.agents]
    if not play.isolate:
        return [("all", list(available))]
    prefix = [step for step in available if step.id in play.prefix]
    planted = [step for step in available if step.kind == "planted"]
    honest = [step for step in available if step.kind == "honest"]
    return [("honest", honest), *((step.id, [*prefix, step]) for step in planted)]


class Player:
    """Plays one drill against one world. ``place`` is where working directories are made."""

    def __init__(
        self,
        folder: DrillFolder,
        ready: Ready,
        opener: Opener,
        place: Path,
        progress: Progress,
        together: Together | None = None,
    ) -> None:
        self._folder, self._ready, self._opener, self._place, self._progress = folder, ready, opener, place, progress
        self._together = together
        self._tools = agent.tools()

    def available(self) -> tuple[list[Step], dict[str, str]]:
        """Return the steps this machine can play, and step id -> what it lacks for the others."""
        skipped = {step.id: lack for step in self._folder.drill.steps if (lack := agent.lacking(step, self._tools))}
        return [step for step in self._folder.drill.steps if step.id not in skipped], skipped

    def count(self, play: Play) -> int:
        """Return how many steps a play will perform."""
        return sum(len(steps) for _, steps in sequences(self._folder, play, self.available()[0]))

    async def play(self, play: Play) -> Played:
        """Perform every episode of a play, one after the other."""
        available, skipped = self.available()
        episodes = []
        if play.agents:
            assert self._together is not None, "this play needs an opener for episodes that share a supervisor"
            async with self._together() as opener:
                turns = Turns(available, play.agents)
                asked = sequences(self._folder, play, available)
                try:
                    async with asyncio.TaskGroup() as group:
                        tasks = [group.create_task(self._episode(play, who, mine, opener, turns)) for who, mine in asked]
                except BaseExceptionGroup as failed:
                    raise failed.exceptions[0] from None  # it ended the others
                episodes = [task.result() for task in tasks]
            return Played(profile=play.profile, episodes=episodes, skipped=skipped)
        for purpose, steps in sequences(self._folder, play, available):
            episodes.append(await self._episode(play, purpose, steps, self._opener))
        return Played(profile=play.profile, episodes=episodes, skipped=skipped)

    async def _episode(
        self, play: Play, purpose: str, steps: Sequence[Step], opener: Opener, turns: Turns | None = None
    ) -> PlayedEpisode:
        drill = self._folder.drill
        workdir = self._place / f"{play.profile}-{purpose}"
        agent.working_directory(self._folder, self._ready, workdir)
        played: list[PlayedStep] = []
        opened = _now()
        opening = opener(
            profile=self._profile(play.profile),
            workdir=workdir,
            task=drill.name,
            model_version=mark.model_version(),  # each its own: a response may hold a version, and must not hold the next
        )
        async with opening as episode, _watching(episode) as seen:
            for step in steps:
                if turns is not None:
                    await turns.wait(step.id)
                self._progress(play.profile, purpose, step.id)
                played.append(await self._step(episode, step))
                if step.wait_ms and not played[-1].over:
                    await episode.settle(step.wait_ms / 1000)
                if turns is not None:
                    turns.done(step.id)
            if turns is not None:
                await turns.wait(None)  # an episode that is over hears no more of what is found
            await episode.settle(drill.settle_ms / 1000)
        coordinates = episode.coordinates
        return PlayedEpisode(
            profile=play.profile,
            purpose=purpose,
            run=coordinates.run,
            episode=coordinates.episode,
            opened_us=opened,
            closed_us=_now(),
            steps=played,
            records=list(episode.records()),  # after the end, when the last feedback is on record
            findings_seen=seen,
        )

    def _profile(self, name: str) -> Path:
        """Return a play's profile with the world's authority in it: the door knows the mirror by it, or else pip does."""
        folder, base = self._place / "profiles" / name, self._folder.profile(name)
        if not folder.exists():
            folder.mkdir(parents=True)
            whole = load_profile(base).profile
            lines = [f"extends = {json.dumps(str(base.absolute()))}", f"name = {json.dumps(whole.name)}"]
            if whole.egress.tls == "terminate":
                lines += ["[egress]", f"trust = {json.dumps([*whole.egress.trust, str(self._ready.ca)])}"]
            else:
                lines += ["[environment.set]", f"PIP_CERT = {json.dumps(f'{agent.SCRIPTS}/ca.pem')}"]
            (folder / "profile.toml").write_text("\n".join(lines) + "\n", "utf-8")
        return folder

    async def _step(self, episode: Episode, step: Step) -> PlayedStep:
        began = _now()
        try:
            episode.next_turn()
            outcome = await episode.call(
                agent.argv(step, self._tools, self._ready),
                label=step.id,
                timeout=step.timeout_ms / 1000,
                env=dict(self._tools.environment),
                background=step.background,
            )
        except (EpisodeOver, Refused) as error:
            return PlayedStep(
                step=step.id,
                call=call_by_label(episode.records(), step.id),
                began_us=began,
                ended_us=_now(),
                reason=error.code if isinstance(error, Refused) else "episode_ended",
                over=isinstance(error, EpisodeOver),
            )
        return PlayedStep(
            step=step.id,
            call=outcome.call,
            began_us=began,
            ended_us=_now(),
            exit_code=outcome.exit_code,
            signal=outcome.signal,
            decision=outcome.verdict.decision,
            reason=outcome.verdict.reason,
            feedback=outcome.feedback,
            over=outcome.verdict.reason in OVER,
            output=(outcome.stdout + outcome.stderr)[-_OUTPUT_LIMIT:].decode("utf-8", "backslashreplace"),
        )


@asynccontextmanager
async def _watching(episode: Episode) -> AsyncIterator[dict[str, int]]:
    """Note when each finding can first be had from the API: what a harness would know, and when."""
    seen: dict[str, int] = {}

    async def watch() -> None:
        known = 0
        while True:
            records = episode.records()
            for record in records[known:]:
                if isinstance(record, Finding):
                    seen.setdefault(record.id, _now())
            known = len(records)
            await asyncio.sleep(_LOOK_SECONDS)

    task = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def call_by_label(records: Sequence[Recorded], label: str) -> int | None:
    """Return the call that was asked for under ``label``, where the API raised instead of returning its number."""
    for record in reversed(records):
        if isinstance(record, Act) and record.coordinates is not None and record.coordinates.label == label:
            return record.coordinates.call
    return None


def _now() -> int:
    return time.monotonic_ns() // 1000
