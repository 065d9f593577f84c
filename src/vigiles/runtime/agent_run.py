"""``vigiles run``: one agent in one cell, each shell it starts a call of its own."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from vigiles.cell.apply import Applied
from vigiles.cell.call import EXIT_CONTROL, EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND
from vigiles.cell.messages import Exited
from vigiles.cell.view import SHIM_DIR
from vigiles.model.act import ProcessSpec
from vigiles.model.coordinates import Coordinates
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.process import ProcessStart
from vigiles.model.plain import text
from vigiles.model.preflight import Exposure
from vigiles.model.reason import agent_text
from vigiles.model.response import Response
from vigiles.runtime import bare, ending, interactive_shell, outfit, process_call
from vigiles.runtime.cell_order import CellOrder
from vigiles.runtime.conclusion import concluded, number_of
from vigiles.runtime.control import Control
from vigiles.runtime.episode import Episode
from vigiles.runtime.shim_server import ShimServer
from vigiles.runtime.stdio import Stdio
from vigiles.runtime.terminal import Terminal, interactive

_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


@dataclass(frozen=True, kw_only=True)
class Order(CellOrder):
    """What ``vigiles run`` was asked for."""

    argv: list[str]


#: Why a command never ran. ``denied``: the rules refused it. ``not_found``: the cell has no such program.
#: ``not_executable``: the kernel would not execute the file. ``no_wall``: a wall of its call could not be put up.
NotRun = Literal["denied", "not_found", "not_executable", "no_wall"]

_CODES: dict[int, NotRun] = {EXIT_CONTROL: "no_wall", EXIT_NOT_FOUND: "not_found"}


@dataclass
class Report:
    """What happened. ``code`` is the agent's exit code (128 + signal if it was killed); ``ended`` why it was ended by us.

    ``not_run``: why the command never ran; ``code`` is then a shell's 125, 126 or 127. ``calls`` counts calls that the
    agent's shells made; 0 means that everything is one call.
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


async def run(
    order: Order,
    on_finding: Callable[[Finding], None],
    on_response: Callable[[str, Response], None],
    on_exposed: Callable[[Sequence[Exposure]], None] = lambda _: None,
) -> Report:
    """Run the agent to its end; ``on_response`` gets the run's id too. Raises what stops a start.

    ``on_exposed`` hears, before anything runs, what the cell has of the host.
    """
    async with order.open(more=outfit.installation_of(order.argv[0]) if order.rootfs is None else [], shim=True) as episode:
        exposures = [] if episode.preflight is None else episode.preflight.exposures
        on_exposed(exposures)
        episode.on_finding = on_finding
        episode.on_response = partial(on_response, episode.coordinates.run)
        _raise_descriptors()
        shim = ShimServer(episode)
        # In tier U-, and on a root of one's own, there is none: the run is one call.
        if episode.cell is not None and episode.cell.requests is not None:
            shim.start()

        async def stop() -> None:
            await episode.end("stopped")
            control.close()  # before the answer: whoever looks then finds no living run, though reports are still made

        control = Control(episode.services.home, episode.coordinates.run, episode.coordinates.episode, stop)
        await control.open()
        try:
            argv = outfit.as_executed(order.argv) if order.rootfs is None else order.argv
            code, not_run = await _agent(episode, argv, shim)
        finally:
            control.close()
        await episode.strikes.idle()
        await episode.end("closed")
        return Report(
            coordinates=episode.coordinates,
            profile=episode.profile.name,
            code=code,
            calls=shim.calls,
            not_run=not_run,
            ended=episode.ended_by,
            findings=episode.findings(),
            incidents=list(episode.pipeline.incidents.values()),
            applied=episode.applied,
            held_dir=ending.held_folder(episode),
            changed=len(episode.watch.all_changes()),
            exposures=exposures,
        )


async def _agent(episode: Episode, argv: list[str], shim: ShimServer) -> tuple[int, NotRun | None]:
    """Run the agent's root process as call 1, in the view in which shells are the shim, if there is one; return its code."""
    spec = ProcessSpec(argv=[text(word) for word in argv], via="agent")
    act, verdict = await episode.admit("process", os.path.basename(argv[0]), {}, None, spec)
    if verdict.decision not in ("allow", "modify"):
        episode.refused(act, verdict)
        os.write(2, (agent_text(verdict.reason) + "\n").encode())
        return EXIT_NOT_EXECUTABLE, "denied"
    with concluded(episode, act):
        exited = await _root(episode, number_of(act), argv, shim)
        result = await process_call.conclude(episode, act, exited, None, None)
    if result.exit_code is not None:
        return result.exit_code, _not_run(episode, number_of(act), result.exit_code)
    return 128 + (result.signal or signal.SIGKILL), None


def _not_run(episode: Episode, number: int, code: int) -> NotRun | None:
    """Say why a call's command never ran, None if it did: a program may itself end with the codes that say so.

    Where nothing was ever asked to be executed, nothing ran. Where something was, only a file that nobody may execute is
    known not to have run; one that the kernel refused for what it holds cannot be told from one that ended with 126.
    """
    asked = next(
        (
            record.exe
            for record in episode.pipeline.records
            if isinstance(record, ProcessStart) and record.via == "launch" and record.attribution.call == number
        ),
        None,
    )
    if asked is None:
        return _CODES.get(code)
    assert episode.cell is not None
    if episode.cell.spec.rootfs:
        return None  # its files are not looked up from here
    path = os.path.join(episode.cell.spec.workdir, asked)
    ours = path.startswith(f"{SHIM_DIR}/")  # the real shell, at a place that only the cell has
    runs = ours or (os.path.isfile(path) and os.access(path, os.X_OK))
    return "not_executable" if code == EXIT_NOT_EXECUTABLE and not runs else None


async def _root(episode: Episode, call: int, argv: list[str], shim: ShimServer) -> Exited | None:
    """Start the agent's root process and wait for its end, joined to the person's terminal or descriptors meanwhile."""
    assert episode.cell is not None
    loop = asyncio.get_running_loop()
    shim.agents[call] = loop.create_future()
    terminal = interactive()
    spec = episode.cell.spec
    asks = spec.shim and terminal and interactive_shell.is_interactive_bash(argv)
    person = interactive_shell.environment() if asks else {}
    environment = bare.environment(spec, episode.environment(person))
    with ExitStack() as held:
        stdio = None if terminal else held.enter_context(Stdio((spec.uid, spec.gid) if spec.host_root else None))
        descriptors = stdio.descriptors if stdio is not None else [] if os.isatty(2) else [2]
        running = await process_call.launch(
            episode, call, argv, descriptors, environment, terminal=terminal, agent=spec.shim
        )
        shim.agents[call].set_result(running.pid)
        for number in (*_FORWARDED, *(() if terminal else (signal.SIGINT,))):
            loop.add_signal_handler(number, _forward, episode, number, call)
            held.callback(loop.remove_signal_handler, number)
        if stdio is not None:
            stdio.launched()
        relay = stdio or held.enter_context(Terminal(running.master, partial(_end_if_frozen, episode)))
        exited, _ = await process_call.ended(episode, running, episode.profile.budgets.wall_seconds_episode)
        await relay.drained()
        return exited


def _raise_descriptors() -> None:
    """Let this process hold as many descriptors as it may, since an agent decides how many connections it makes.

    Called when launcher, door and recorder run, so that nothing of the workload inherits it: programs close, or select
    among, all descriptors that their limit allows.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _end_if_frozen(episode: Episode) -> bool:
    """A frozen agent hears no signal: whoever sends one wants the run to end."""
    if episode.shut != "episode_frozen":
        return False
    episode.watch.keep(asyncio.ensure_future(episode.end("stopped")))
    return True


def _forward(episode: Episode, number: int, call: int) -> None:
    if not _end_if_frozen(episode) and episode.shut is None and episode.cell is not None:
        episode.cell.signal(number, call, group=True)
