"""``vigiles run``: one agent in one cell, each shell it starts a call of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from vigiles.cell.call import EXIT_CONTROL, EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND
from vigiles.cell.messages import Exited
from vigiles.cell.view import SHIM_DIR
from vigiles.model.act import ProcessSpec
from vigiles.model.observation.process import ProcessStart
from vigiles.model.plain import text
from vigiles.model.reason import agent_text
from vigiles.runtime import process_call
from vigiles.runtime.attending import interactive_shell
from vigiles.runtime.attending.attended import NotRun, Report, Told, attended
from vigiles.runtime.attending.cell_order import CellOrder
from vigiles.runtime.attending.stdio import Stdio
from vigiles.runtime.attending.terminal import Terminal, interactive
from vigiles.runtime.conclusion import concluded, number_of
from vigiles.runtime.episode import Episode
from vigiles.runtime.outfitting import bare, outfit
from vigiles.runtime.serving.shim_server import ShimServer

_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


@dataclass(frozen=True, kw_only=True)
class Order(CellOrder):
    """What ``vigiles run`` was asked for."""

    argv: list[str]


_CODES: dict[int, NotRun] = {EXIT_CONTROL: "no_wall", EXIT_NOT_FOUND: "not_found"}


async def run(order: Order, told: Told) -> Report:
    """Run the agent to its end. Raises what stops a start."""
    more = outfit.installation_of(order.argv[0]) if order.rootfs is None else []
    async with order.open(more=more, shim=True) as episode, attended(episode, told) as face:
        shim = ShimServer(episode)
        # In tier U-, and on a root of one's own, there is none: the run is one call.
        if episode.cell is not None and episode.cell.requests is not None:
            shim.start()
        argv = outfit.as_executed(order.argv) if order.rootfs is None else order.argv
        code, not_run = await _agent(episode, argv, shim)
        await face.end()
        return face.report(code, shim.calls + 1, not_run)


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


def _end_if_frozen(episode: Episode) -> bool:
    """A frozen agent hears no signal: whoever sends one wants the run to end."""
    if episode.shut != "episode_frozen":
        return False
    episode.watch.keep(asyncio.ensure_future(episode.end("stopped")))
    return True


def _forward(episode: Episode, number: int, call: int) -> None:
    if not _end_if_frozen(episode) and episode.shut is None and episode.cell is not None:
        episode.cell.signal(number, call, group=True)
