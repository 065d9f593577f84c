"""``vigiles run``: one agent in one cell, each shell it starts a call of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from vigiles.cell.apply import Applied
from vigiles.model.act import ProcessSpec
from vigiles.model.coordinates import Coordinates
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.plain import text
from vigiles.model.reason import agent_text
from vigiles.model.response import Response
from vigiles.runtime import ending, outfit, process_call
from vigiles.runtime.control import Control
from vigiles.runtime.episode import Episode
from vigiles.runtime.opening import open_episode
from vigiles.runtime.shim_server import ShimServer
from vigiles.runtime.terminal import Terminal, interactive

_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


@dataclass(frozen=True)
class Order:
    """What ``vigiles run`` was asked for. ``profile`` a name or a path; ``home`` None for the default.

    ``read``, ``hosts`` ("host:port") and ``names`` (of environment variables) add to the profile, for this run.
    """

    argv: list[str]
    profile: str
    workdir: Path
    home: Path | None = None
    read: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    model_version: str | None = None
    task: str | None = None


@dataclass
class Report:
    """What happened. ``code`` is the agent's exit code (128 + signal if it was killed); ``ended`` why it was ended by us.

    ``calls`` counts calls that the agent's shells made; 0 means that everything is one call.
    """

    coordinates: Coordinates
    profile: str
    code: int
    calls: int
    ended: str | None = None
    findings: list[Finding] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    applied: Applied | None = None
    held_dir: Path | None = None
    changed: int = 0


async def run(order: Order, on_finding: Callable[[Finding], None], on_response: Callable[[str, Response], None]) -> Report:
    """Run the agent to its end; ``on_response`` gets the run's id too. Raises what stops a start."""
    extra = [*order.read, *outfit.installation_of(order.argv[0])]
    async with open_episode(
        profile=order.profile,
        workdir=order.workdir,
        home=order.home,
        extra_read=extra,
        allow_hosts=order.hosts,
        allow_environment=order.names,
        shim=True,
        model_version=order.model_version,
        task=order.task,
    ) as episode:
        episode.on_finding = on_finding
        episode.on_response = partial(on_response, episode.coordinates.run)
        shim = ShimServer(episode, agents=set())
        shim.start()
        control = Control(
            episode.services.home,
            episode.coordinates.run,
            episode.coordinates.episode,
            lambda: episode.end("stopped"),
        )
        await control.open()
        try:
            code = await _agent(episode, outfit.as_executed(order.argv), shim)
        finally:
            control.close()
        await episode.strikes.idle()
        await episode.end("closed")
        return Report(
            coordinates=episode.coordinates,
            profile=episode.profile.name,
            code=code,
            calls=shim.calls,
            ended=episode.ended_by,
            findings=episode.findings(),
            incidents=list(episode.pipeline.incidents.values()),
            applied=episode.applied,
            held_dir=ending.held_folder(episode),
            changed=len(episode.watch.all_changes()),
        )


async def _agent(episode: Episode, argv: list[str], shim: ShimServer) -> int:
    """Run the agent's root process as call 1, in the view in which shells are the shim."""
    spec = ProcessSpec(argv=[text(word) for word in argv], via="agent")
    act, verdict = await episode.admit("process", os.path.basename(argv[0]), {}, None, spec)
    if verdict.decision not in ("allow", "modify"):
        episode.refused(act, verdict)
        os.write(2, (agent_text(verdict.reason) + "\n").encode())
        return 126
    shim.agents.add(process_call.number_of(act))
    terminal = interactive()
    environment = outfit.environment(episode.profile)
    descriptors = [] if terminal else [0, 1, 2]
    running = await process_call.launch(
        episode, process_call.number_of(act), argv, descriptors, environment, terminal=terminal, agent=True
    )
    loop = asyncio.get_running_loop()
    for number in (*_FORWARDED, *(() if terminal else (signal.SIGINT,))):
        loop.add_signal_handler(number, _forward, episode, number, running.call)
    try:
        if terminal:
            with Terminal(running.master, partial(_end_if_frozen, episode)) as relay:
                exited, _ = await process_call.ended(episode, running, episode.profile.budgets.wall_seconds_episode)
                await relay.drained()
        else:
            exited, _ = await process_call.ended(episode, running, episode.profile.budgets.wall_seconds_episode)
    finally:
        for number in (*_FORWARDED, signal.SIGINT):
            loop.remove_signal_handler(number)
    result = await process_call.conclude(episode, act, exited, None, None)
    if result.exit_code is not None:
        return result.exit_code
    return 128 + (result.signal or signal.SIGKILL)


def _end_if_frozen(episode: Episode) -> bool:
    """A frozen agent hears no signal: whoever sends one wants the run to end."""
    if episode.shut != "episode_frozen":
        return False
    episode.watch.keep(asyncio.ensure_future(episode.end("stopped")))
    return True


def _forward(episode: Episode, number: int, call: int) -> None:
    if episode.cell is not None and not _end_if_frozen(episode):
        episode.cell.signal(number, call, group=True)
