"""A persistent shell: each command is a call of its own, run by a bash that takes up where the last one left off.

No shell lives on between commands, so none shares another's listener, tag or control group: every act is exactly its own
call's. What lives on is the state, told by the shell on a descriptor of its own and held by the supervisor as bytes.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, fields
from fcntl import F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, fcntl
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import Attribution
from vigiles.model.errors import InputInvalid
from vigiles.model.observation.shell import Planted, ShellKind
from vigiles.model.observation.shell import ShellState as Told
from vigiles.runtime import process_call
from vigiles.runtime.outcome import Outcome
from vigiles.runtime.output import Allowance, Output
from vigiles.runtime.shells import script
from vigiles.runtime.shells.history import Change, History, named
from vigiles.runtime.shells.state import Lost, ShellState, StateBroken, StateMissing, parse

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

#: The largest state that is carried and the longest command that is taken, bytes.
LARGEST_STATE, LONGEST_COMMAND = 4 << 20, 4 << 20
#: The most things in a state, and the most names in a record.
_THINGS, _NAMES = 20_000, 100
Why = Literal["none", "broken", "too_large", "ended"]


@dataclass(frozen=True)
class ShellOutcome(Outcome):
    """The outcome of one command, and what became of the shell's state.

    ``carried``: the next command begins where this one ended. If not, it begins where the last good one did, and ``why``
    says why: ``none`` came (the shell was replaced, or ended without a word), it was ``broken`` or ``too_large``, or the
    call was ``ended`` by a signal or a limit; None if the command was refused. ``lost``: what a next shell cannot have:
    running ``jobs`` (they live on as this call's processes, but ``wait`` and ``fg`` do not know them), open
    ``descriptors``, changed ``limits``; the ``directory`` that was gone when this command began, which then ran in ``/``;
    ``locals`` of a function from inside which the command left.
    """

    carried: bool = False
    why: Why | None = None
    lost: tuple[Lost, ...] = ()


class Shell:
    """A bash that remembers. Made by :meth:`Episode.shell`; commands run one after the other, also when asked at once."""

    def __init__(self, episode: Episode, number: int, env: dict[str, str] | None, cwd: str | None) -> None:
        self._episode = episode
        self._env = env
        self._cwd = cwd
        self._state: ShellState | None = None
        self._status = 0
        self._history = History()
        self._turn = asyncio.Lock()
        self._open = True
        #: Its number in the episode, from 1.
        self.number = number

    async def __aenter__(self) -> Shell:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the state. Processes that commands left behind live on until the episode's end."""
        self._open = False
        self._state = None

    async def run(
        self, command: str | bytes, *, label: str | None = None, stdin: bytes | None = None, timeout: float | None = None
    ) -> ShellOutcome:
        """Run ``command`` as the next call and return when it has ended; ``timeout`` in seconds.

        A refusal does not raise. Raises :class:`InputInvalid` for a command that no shell can be given (a NUL, more than
        4 MiB, text that is no UTF-8) and for a shell that was closed; ``LedgerUnwritable``: nothing was done.
        """
        data = _command(command)
        async with self._turn:
            if not self._open:
                raise InputInvalid("this shell was closed", "Open another one: episode.shell().")
            return await self._run(data, label, stdin, timeout)

    def planted_by(self, name: str, kind: ShellKind | None = None) -> int | None:
        """Return the call that last set the function, alias, trap, variable or option ``name`` (of ``kind``, if given).

        0: the shell began with it. None: the shell has no such thing.
        """
        return self._history.call_of(name, kind)

    def planted(self) -> list[Planted]:
        """Return everything that calls have set and that stands in the shell now, oldest first."""
        return self._history.planted()

    async def _run(self, command: bytes, label: str | None, stdin: bytes | None, timeout: float | None) -> ShellOutcome:
        last, in_force = self._state, self._history.in_force()
        control = Output(Allowance(LARGEST_STATE))
        reader, writer = os.pipe2(os.O_CLOEXEC)
        control.read_from(reader)
        given = -1
        try:
            given = _memory(script.given(last, self._status, command))
            order = process_call.Order(
                script.ARGV,
                label=label,
                stdin=stdin,
                timeout=timeout,
                env=self._env if last is None else None,
                cwd=self._cwd if last is None else None,
                tool="shell",
                arguments={"command": os.fsdecode(command), "shell": self.number},
                environment=None if last is None else {},
                placed={script.INPUT: given, script.CONTROL: writer},
            )
            outcome = await process_call.run(self._episode, order)
        except BaseException:
            control.abandon()
            raise
        finally:
            for fd in (writer, given):
                if fd >= 0:
                    os.close(fd)
        if not outcome.allowed:
            control.abandon()
            return _told(outcome)
        try:
            await control.finish()
        except BaseException:
            control.abandon()
            raise
        return self._took(outcome, last, in_force, control)

    def _took(self, outcome: Outcome, last: ShellState | None, in_force: list[Planted], control: Output) -> ShellOutcome:
        """Take the state that came, or keep the last good one, and record which."""
        data = bytes(control.data)
        self._status = outcome.exit_code if outcome.exit_code is not None else 128 + (outcome.signal or 0)
        state: ShellState | None = None
        why: Why | None = None
        change = Change((), ())
        if outcome.signal is not None or outcome.result.error is not None:
            why = "ended"
        elif control.truncated or data.count(b"\0") > 3 * _THINGS:
            why = "too_large"
        elif not data:
            why = "none"
        else:
            try:
                before, state = parse(data, first=last is None, last=last)
            except StateMissing:
                why = "none"
            except StateBroken:
                why = "broken"
            else:
                change = self._history.taken(outcome.call, before, state)
                self._state = state
        lost = () if state is None else state.lost
        told = _told(outcome, carried=state is not None, why=why, lost=lost)
        self._record(told, control, change, in_force)
        return told

    def _record(self, told: ShellOutcome, control: Output, change: Change, in_force: list[Planted]) -> None:
        changed = named((key, told.call) for key in change.changed)
        removed = named((key, told.call) for key in change.removed)
        kept = [part[:_NAMES] for part in (changed, removed, in_force)]
        self._episode.pipeline.observe(
            Told(
                id=new_id("obs"),
                at=now(),
                coordinates=told.act.coordinates,
                sensor="shell",
                attribution=Attribution(grade="exact", call=told.call, methods=["launch"]),
                shell=self.number,
                state="carried" if told.carried else "kept",
                why=told.why,
                size=control.total,
                sha256=control.sha256() if control.total else None,
                changed=kept[0],
                removed=kept[1],
                in_force=kept[2],
                folded=len(changed) + len(removed) + len(in_force) - sum(map(len, kept)),
                lost=list(told.lost),
            )
        )


def _told(outcome: Outcome, *, carried: bool = False, why: Why | None = None, lost: tuple[Lost, ...] = ()) -> ShellOutcome:
    same = {field.name: getattr(outcome, field.name) for field in fields(Outcome)}
    return ShellOutcome(**same, carried=carried, why=why, lost=lost)


def _command(command: str | bytes) -> bytes:
    """Return the command as bytes. Raises :class:`InputInvalid` for what no shell can be given."""
    try:
        data = os.fsencode(command)
    except UnicodeEncodeError as error:
        raise InputInvalid("the command is not text that can be encoded", "Give text, or bytes.") from error
    if b"\0" in data:
        raise InputInvalid("the command has a NUL, which no shell can read", "Leave it out, or write it as $'\\0' or \\x00.")
    if len(data) > LONGEST_COMMAND:
        raise InputInvalid(
            f"the command has more than {LONGEST_COMMAND} bytes",
            "Write it to a file in the work directory, or give it as stdin.",
        )
    return data


def _memory(data: bytes) -> int:
    """Return a descriptor of a file in memory that holds ``data`` and that nobody can change any more."""
    fd = os.memfd_create("shell", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with os.fdopen(os.dup(fd), "wb") as file:
            file.write(data)
        os.lseek(fd, 0, os.SEEK_SET)
        fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)
    except BaseException:
        os.close(fd)
        raise
    return fd
