"""One process call of an episode, from its act to its result."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from vigiles.cell.handle import Running
from vigiles.cell.messages import Exited
from vigiles.cell.spec import CallSpec
from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act, ProcessSpec
from vigiles.model.errors import InputInvalid, ProcessLost
from vigiles.model.plain import text
from vigiles.model.reason import ReasonCode
from vigiles.model.result import Result
from vigiles.model.verdict import Verdict
from vigiles.runtime.conclusion import concluded, number_of
from vigiles.runtime.outcome import Outcome
from vigiles.runtime.outfitting import bare, outfit
from vigiles.runtime.output import Allowance, Output
from vigiles.runtime.watching.honey_seen import in_output

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

_SETTLE_S = 0.02
_TERM_GRACE_S = 2.0
_OUTPUT = 16 << 20
#: Microseconds that are taken for a second at a limit: the kernel counts it by whom a clock tick meets, we exactly. Its own
#: signal for the limit tells more than a kill, which may have other reasons.
_SAID_US, _NEARLY_US = 500_000, 900_000


@dataclass(frozen=True)
class Order:
    """What the caller of :meth:`Episode.call` wants run.

    ``tool`` and ``arguments`` are the act's, where they are not the program's name and none. ``environment`` is the whole
    environment, ``env`` an addition to the profile's. ``placed``: further descriptors by the number at which they are put.
    """

    argv: Sequence[str]
    label: str | None = None
    stdin: bytes | None = None
    timeout: float | None = None
    env: dict[str, str] | None = None
    cwd: str | None = None
    background: bool = False
    tool: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] | None = None
    placed: dict[int, int] = field(default_factory=dict)


async def run(episode: Episode, order: Order) -> Outcome:
    """Admit, start, wait, record. Refusals do not raise; ``LedgerUnwritable`` does, and then nothing was done.

    Raises :class:`InputInvalid` for what no process can be started with, before it is an act.
    """
    given = [*order.argv, *(word for pair in (order.env or {}).items() for word in pair), order.cwd or ""]
    if not order.argv or not all(map(_can_be_passed, given)):
        raise InputInvalid(
            "a process cannot be started with this argv, env or cwd: a word is missing, has a NUL or is not text",
            "Give at least a program's name, and only words that the file system's encoding can carry.",
        )
    spec = ProcessSpec(
        argv=[text(word) for word in order.argv],
        cwd=None if order.cwd is None else text(order.cwd),
        environment=sorted(text(name) for name in order.env or {}),
        stdin_sha256=None if order.stdin is None else hashlib.sha256(order.stdin).hexdigest(),
    )
    tool = order.tool or text(os.path.basename(order.argv[0])) or "process"
    act, verdict = await episode.admit("process", tool, order.arguments, order.label, spec)
    number = number_of(act)
    if verdict.decision not in ("allow", "modify") or episode.cell is None:
        return episode.refused(act, verdict)
    budgets = episode.profile.budgets
    allowance = Allowance(
        budgets.output_bytes or _OUTPUT,
        budgets.output_bytes_call,
        lambda: episode.watch.end_for_budget(number, "budget_output"),
    )
    out, err = Output(allowance), Output(allowance)
    environment = order.environment if order.environment is not None else episode.environment(order.env)
    with concluded(episode, act), ExitStack() as theirs:
        try:
            descriptors = [_stdin(order.stdin, theirs), _pipe(out, theirs), _pipe(err, theirs)]
            environment = bare.environment(episode.cell.spec, environment)
            running = await launch(
                episode, number, list(order.argv), descriptors, environment, cwd=order.cwd, placed=order.placed
            )
        except BaseException:
            out.abandon()
            err.abandon()
            raise
    finishing = asyncio.ensure_future(_finish(episode, act, verdict, running, out, err, order.timeout))
    if order.background:
        episode.watch.keep(finishing)
        started = Result(
            id=new_id("res"), at=now(), coordinates=act.coordinates, act=act.id, outcome="performed", background=1
        )
        return Outcome(number, act, verdict, started)
    try:
        return await asyncio.shield(finishing)
    except asyncio.CancelledError:
        # Nobody waits any more, so nobody would end it: it ends now, and its result is still recorded.
        episode.watch.keep(finishing)
        episode.watch.end_call(number)
        raise


async def launch(
    episode: Episode,
    call: int,
    argv: list[str],
    descriptors: list[int],
    environment: dict[str, str],
    *,
    cwd: str | None = None,
    terminal: bool = False,
    agent: bool = False,
    umask: int = 0o022,
    placed: Mapping[int, int] = MappingProxyType({}),
) -> Running:
    """Start an admitted call's first process; the gate has spoken."""
    assert episode.cell is not None
    spec = CallSpec(
        call=call,
        argv=[os.fsencode(word) for word in argv],
        environment={os.fsencode(name): os.fsencode(value) for name, value in environment.items()},
        cwd=os.fsencode(cwd or episode.cell.spec.workdir),
        limits=outfit.limits(episode.profile),
        terminal=terminal,
        agent=agent,
        umask=umask,
        placed=list(placed),
    )
    return await episode.cell.launch(spec, [*descriptors, *placed.values()])


async def ended(episode: Episode, running: Running, limit: float | None) -> tuple[Exited | None, bool]:
    """Wait for a first process; end its group after ``limit`` seconds. Return how it ended and whether it was overdue.

    None: the cell ended under it.
    """
    try:
        for seconds, number in ((limit, signal.SIGTERM), (_TERM_GRACE_S, signal.SIGKILL), (_TERM_GRACE_S, None)):
            try:
                async with asyncio.timeout(seconds):
                    exited = await asyncio.shield(running.ended)
                return exited, seconds is not limit
            except TimeoutError:
                if number is not None and episode.cell is not None:
                    episode.cell.signal(number, running.call, group=True)
    except ProcessLost:
        return None, False
    return None, True


async def conclude(
    episode: Episode, act: Act, exited: Exited | None, out: Output | None, err: Output | None, *, overdue: str | None = None
) -> Result:
    """Record how a process call ended, once what it caused has been heard of."""
    number = number_of(act)
    wall_us = now().mono_us - act.at.mono_us  # what we do now is not the call's time
    await episode.watch.quiet(number, _SETTLE_S)
    await episode.watch.look_at_files()
    cpu_us = episode.watch.cpu_us(number)
    result = Result(
        id=new_id("res"),
        at=now(),
        coordinates=act.coordinates,
        act=act.id,
        outcome="killed" if exited is None or exited.signal is not None else "performed",
        exit_code=None if exited is None else exited.code,
        signal=None if exited is None else exited.signal,
        stdout_sha256=None if out is None else out.sha256(),
        stdout_bytes=0 if out is None else out.total,
        stderr_sha256=None if err is None else err.sha256(),
        stderr_bytes=0 if err is None else err.total,
        truncated=any(stream is not None and stream.truncated for stream in (out, err)),
        wall_us=wall_us,
        cpu_us=cpu_us,
        background=episode.watch.living(number),
        memory_peak=episode.watch.memory_peak(number),
        honey=await _honey(episode, out, err),
        error=overdue or episode.watch.over_budget.get(number) or _kernels_limit(episode, exited, cpu_us),
    )
    episode.gate.finish(result)
    episode.watch.returned(number)
    return result


async def _finish(
    episode: Episode, act: Act, verdict: Verdict, running: Running, out: Output, err: Output, timeout: float | None
) -> Outcome:
    limits = [limit for limit in (timeout, episode.profile.budgets.wall_seconds_call) if limit is not None]
    with concluded(episode, act):
        exited, late = await ended(episode, running, min(limits) if limits else None)
        await asyncio.gather(out.finish(), err.finish())
        own = timeout is not None and min(limits) == timeout
        result = await conclude(
            episode, act, exited, out, err, overdue=("timeout" if own else "budget_wall") if late else None
        )
    number = number_of(act)
    value = episode.feedback(number).value
    return Outcome(number, act, verdict, result, bytes(out.data), bytes(err.data), feedback=value)


async def _honey(episode: Episode, *streams: Output | None) -> list[str]:
    """Return the honey tokens in what a call wrote; in a thread, for there may be much of it."""
    written = [stream.data for stream in streams if stream is not None and stream.data]
    if episode.honey is None or not written:
        return []
    return await asyncio.to_thread(in_output, episode.honey.record, written)


def _kernels_limit(episode: Episode, exited: Exited | None, cpu_us: int) -> ReasonCode | None:
    """Return the budget whose limit the kernel kept by killing a call's first process."""
    seconds = episode.profile.budgets.cpu_seconds_call
    if seconds is None or exited is None or exited.signal not in (signal.SIGXCPU, signal.SIGKILL):
        return None
    enough = _SAID_US if exited.signal == signal.SIGXCPU else _NEARLY_US
    return "budget_cpu" if cpu_us >= seconds * enough else None


def _can_be_passed(word: str) -> bool:
    try:
        return b"\0" not in os.fsencode(word)
    except UnicodeEncodeError:
        return False


def _stdin(data: bytes | None, closing: ExitStack) -> int:
    """Return a descriptor to read ``data`` from, which ``closing`` closes."""
    fd = os.memfd_create("stdin", os.MFD_CLOEXEC) if data else os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    closing.callback(os.close, fd)
    if data:
        with os.fdopen(os.dup(fd), "wb") as file:
            file.write(data)
        os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _pipe(output: Output, closing: ExitStack) -> int:
    """Return a descriptor to write to ``output``, which ``closing`` closes."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    closing.callback(os.close, writer)
    output.read_from(reader)
    return writer
