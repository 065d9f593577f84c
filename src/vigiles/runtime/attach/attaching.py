"""``vigiles attach``: the whole of it, from the order to the report."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from vigiles.cell.container import Container
from vigiles.ledger.client import RecorderClient
from vigiles.ledger.home import Home, default_home
from vigiles.ledger.mint import new_id
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import ControlUnavailable
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.response import Response
from vigiles.ruleset.load import load_with
from vigiles.runtime.attach import door
from vigiles.runtime.attach.attached import Attached, Over
from vigiles.runtime.serving.control import Control


@dataclass(frozen=True)
class Order:
    """What ``vigiles attach`` was asked for: a container by ``cgroup`` or ``pid``; the rest as for ``vigiles run``.

    ``watch_only``: no door. ``seconds``: how long, None until somebody ends it.
    """

    profile: str
    cgroup: str | None = None
    pid: int | None = None
    home: Path | None = None
    hosts: list[str] = field(default_factory=list)
    watch_only: bool = False
    seconds: float | None = None
    model_version: str | None = None
    task: str | None = None


@dataclass
class Report:
    """What happened. ``over``: why it ended. ``kept``: what still holds the container, because a response asked for it, or
    because its door died."""

    coordinates: Coordinates
    profile: str
    cgroup: str
    door: bool
    over: Over
    kept: list[str]
    findings: list[Finding]
    incidents: list[Incident]


def container_of(order: Order) -> Container:
    """Return the container that is meant. Raises as :meth:`vigiles.cell.container.Container.at` does."""
    if os.geteuid() != 0:
        raise ControlUnavailable("attach", "this process is not root", "run it as root")
    return Container.of(order.pid) if order.pid is not None else Container.at(order.cgroup or "")


async def run(
    order: Order,
    on_start: Callable[[Attached], None],
    on_finding: Callable[[Finding], None],
    on_response: Callable[[str, Response], None],
) -> Report:
    """Attach, watch until it is over, leave. ``on_start`` is called when all stands. Raises what stops a start."""
    container = container_of(order)
    ruleset = load_with(order.profile, order.hosts, ())
    egress = ruleset.profile.egress
    if not order.watch_only and egress.mode == "allow" and not egress.transparent:
        raise ControlUnavailable(
            "door",
            "the profile has egress.transparent = false, and a container is led to its door in no other way",
            "set it to true",
        )
    home = (order.home or default_home()).absolute()
    Home(home).prepare()
    ledger = await RecorderClient.connect(home)
    try:
        coordinates = Coordinates(
            run=new_id("run"), episode=new_id("ep"), task=order.task, attempt=None, model_version=order.model_version
        )
        episode = Attached(home, ledger, ruleset, coordinates, container)
        episode.on_finding, episode.on_response = on_finding, partial(on_response, coordinates.run)
        try:
            await episode.open(door=not order.watch_only)
            over = await _until_over(order, home, episode, on_start)
            await episode.strikes.idle()
            await episode.end(over if over in ("cell_died", "ledger_unwritable") else "closed")
        finally:
            await episode.close()
        return Report(
            coordinates=coordinates,
            profile=ruleset.profile.name,
            cgroup=container.path,
            door=not order.watch_only,
            over=over,
            kept=episode.kept,
            findings=episode.pipeline.findings(),
            incidents=list(episode.pipeline.incidents.values()),
        )
    finally:
        await ledger.close()


async def _until_over(order: Order, home: Path, episode: Attached, on_start: Callable[[Attached], None]) -> Over:
    """Wait for the first of: a signal, the time asked for, an order to stop, a response that ends, the container's end."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    async def stop() -> None:
        await episode.end("stopped")
        control.close()  # before the answer: whoever looks then finds no living run

    control = Control(home, episode.coordinates.run, episode.coordinates.episode, stop)
    await control.open()
    for number in signals:
        loop.add_signal_handler(number, episode.finish, "left")
    try:
        on_start(episode)
        try:
            async with asyncio.timeout(order.seconds):
                return await asyncio.shield(episode.over)
        except TimeoutError:
            return "left"
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
        control.close()


def lift(order: Order) -> tuple[str, bool, bool]:
    """Take away what a Vigiles that is gone has left on a container: its door's tables, and a freeze.

    Returns the group's path, whether there was a door, and whether it was frozen. Raises as :func:`run` does.
    """
    container = container_of(order)
    lifted = door.lift(container)
    frozen = container.frozen()
    if frozen:
        container.freeze(False)
    return container.path, lifted, frozen
