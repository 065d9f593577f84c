"""An episode that a command attends to until its end: orders from outside are taken, news are told."""

from __future__ import annotations

import resource
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from vigiles.cell.changes.apply import Applied
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.preflight import Exposure
from vigiles.model.response import Response
from vigiles.model.verdict import Verdict
from vigiles.runtime import ending
from vigiles.runtime.episode import Episode
from vigiles.runtime.serving.cell_server import CellServer
from vigiles.runtime.serving.control import Control

#: Why a command never ran. ``denied``: the rules refused it. ``not_found``: the cell has no such program.
#: ``not_executable``: the kernel would not execute the file. ``no_wall``: a wall of its call could not be put up.
NotRun = Literal["denied", "not_found", "not_executable", "no_wall"]


@dataclass
class Report:
    """What happened. ``code`` is the agent's exit code (128 + signal if it was killed); ``ended`` why it was ended by us.

    ``not_run``: why the command never ran; ``code`` is then a shell's 125, 126 or 127. ``calls``: all of them; 1 means
    that everything was one call.
    """

    coordinates: Coordinates
    profile: str
    code: int
    calls: int
    not_run: NotRun | None = None
    ended: str | None = None
    findings: list[Finding] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    applied: Applied | None = None
    held_dir: Path | None = None
    changed: int = 0
    exposures: list[Exposure] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """Who hears of findings, of responses (with the run's id), of acts that wait for a person (with the verdict that holds
    them), and, before anything runs, of what there is of the host.
    """

    found: Callable[[Finding], None]
    answered: Callable[[str, Response], None]
    exposed: Callable[[Sequence[Exposure]], None] = lambda _: None
    waiting: Callable[[tuple[Act, Verdict]], None] = lambda _: None


class Face:
    """An episode while it is attended to. ``asked_to_close``: somebody wants it to end in order."""

    def __init__(self, episode: Episode, on_close: Callable[[], None] | None) -> None:
        self._episode = episode
        self._on_close = on_close
        where = episode.coordinates
        self._control = Control(episode.services.home, where.run, where.episode, self._stop)
        self._server = CellServer(episode, self._close)

    async def open(self) -> None:
        """Begin to listen for orders."""
        await self._control.open()
        self._server.open()

    async def end(self) -> None:
        """End the episode in order, and tell those who wait for calls in it."""
        self._control.close()
        await self._episode.strikes.idle()
        await self._episode.end("closed")
        await self._server.close()

    async def close(self) -> None:
        """Listen no more."""
        self._control.close()
        await self._server.close()

    def report(self, code: int, calls: int, not_run: NotRun | None = None) -> Report:
        """Return what happened. ``calls``: those that were not given from outside."""
        episode = self._episode
        return Report(
            coordinates=episode.coordinates,
            profile=episode.profile.name,
            code=code,
            calls=calls + self._server.calls,
            not_run=not_run,
            ended=episode.ended_by,
            findings=episode.findings(),
            incidents=list(episode.pipeline.incidents.values()),
            applied=episode.applied,
            held_dir=ending.held_folder(episode),
            changed=len(episode.watch.all_changes()),
            exposures=[] if episode.preflight is None else episode.preflight.exposures,
        )

    async def _stop(self) -> None:
        await self._episode.end("stopped")
        self._control.close()  # before the answer: whoever looks then finds no living run, though reports are still made

    async def _close(self) -> None:
        if self._on_close is None:
            await self._episode.end("stopped")
            return
        self._on_close()
        await self._episode.over.wait()


@asynccontextmanager
async def attended(episode: Episode, told: Told, on_close: Callable[[], None] | None = None) -> AsyncIterator[Face]:
    """Attend to an open episode. ``on_close`` is called when an orderly end is asked for from outside, and is to bring it
    about; without it, who asks for an end stops the episode.
    """
    told.exposed([] if episode.preflight is None else episode.preflight.exposures)
    episode.on_finding = told.found
    episode.approvals.told = told.waiting
    episode.on_response = partial(told.answered, episode.coordinates.run)
    _raise_descriptors()
    face = Face(episode, on_close)
    try:
        await face.open()
        yield face
    finally:
        await face.close()


def _raise_descriptors() -> None:
    """Let this process hold as many descriptors as it may, since an agent decides how many connections it makes.

    Called when launcher, door and recorder run, so that nothing of the workload inherits it: programs close, or select
    among, all descriptors that their limit allows.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
