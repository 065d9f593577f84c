"""The API without async: the same words, each returning when it is done.

    with vigiles.api.sync.open_episode(profile="rl-rollout", workdir=Path("work")) as episode:
        outcome = episode.call(["make", "test"])

The work runs on an event loop in a thread of its own, so several threads may use one episode.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from vigiles.model.act import ActKind
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import InputInvalid
from vigiles.model.feedback import Feedback
from vigiles.model.finding import Finding
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.shell import Planted, ShellKind
from vigiles.model.union import Recorded
from vigiles.runtime.beginning import opening
from vigiles.runtime.episode import Episode
from vigiles.runtime.outcome import Outcome
from vigiles.runtime.shells.shell import Shell, ShellOutcome

#: What belongs to a caller's own event loop.
_NOT_HERE = ("services", "shim")
P = ParamSpec("P")
T = TypeVar("T")


class _Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._going: set[asyncio.Task[Any] | None] = set()
        self._thread = threading.Thread(target=self.loop.run_forever, name="vigiles", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what ``work`` returns. Whoever is interrupted meanwhile leaves no work behind that nobody waits for."""
        future = asyncio.run_coroutine_threadsafe(self._held(work), self.loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Let what is going on, also what was cancelled just now, come to its end; then end the thread."""
        asyncio.run_coroutine_threadsafe(self._last(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _held(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.current_task()
        self._going.add(task)
        try:
            return await work
        finally:
            self._going.discard(task)

    async def _last(self) -> None:
        while going := [task for task in self._going if task is not None]:
            await asyncio.wait(going)
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self.loop.shutdown_asyncgens()
        await self.loop.shutdown_default_executor()


class SyncEpisode:
    """An :class:`~vigiles.runtime.episode.Episode` whose methods return when done."""

    def __init__(self, episode: Episode, loop: _Loop) -> None:
        self._episode = episode
        self._loop = loop

    @property
    def coordinates(self) -> Coordinates:
        """Run and episode as minted."""
        return self._episode.coordinates

    def next_turn(self) -> int:
        """Begin the next turn."""
        return self._episode.next_turn()

    def call(
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
        """Run a process as one call; see :meth:`Episode.call`."""
        return self._loop.run(
            self._episode.call(argv, label=label, stdin=stdin, timeout=timeout, env=env, cwd=cwd, background=background)
        )

    def act(
        self,
        kind: ActKind,
        tool: str,
        arguments: dict[str, Any] | None = None,
        perform: Callable[[dict[str, Any]], Any] | None = None,
        *,
        label: str | None = None,
    ) -> Outcome:
        """Do an in-process act; ``perform`` is an ordinary function, run in a thread. See :meth:`Episode.act`."""

        async def in_thread(given: dict[str, Any]) -> Any:
            assert perform is not None
            return await asyncio.to_thread(perform, given)

        return self._loop.run(self._episode.act(kind, tool, arguments, None if perform is None else in_thread, label=label))

    def shell(self, *, env: dict[str, str] | None = None, cwd: str | None = None) -> SyncShell:
        """Return a persistent shell: ``with episode.shell() as shell: shell.run("cd src")``. See :meth:`Episode.shell`."""
        return SyncShell(self._episode.shell(env=env, cwd=cwd), self._loop)

    def claim(self, kind: str, **what: Any) -> None:
        """Record what a harness says happened; see :meth:`Episode.claim`."""
        self._loop.run(_soon(lambda: self._episode.claim(kind, **what)))

    def settle(self, seconds: float) -> None:
        """Let observations arrive and strikes land."""
        self._loop.run(self._episode.settle(seconds))

    def records(self) -> list[Recorded]:
        """Return what was recorded so far."""
        return self._loop.run(_soon(self._episode.records))

    def changes(self, call: int | None = None) -> list[FileChange]:
        """Return what happened to files, by all calls or one; see :meth:`Episode.changes`."""
        return self._loop.run(_soon(lambda: self._episode.changes(call)))

    def findings(self, call: int | None = None) -> list[Finding]:
        """Return the findings of one call, or of all."""
        return self._loop.run(_soon(lambda: self._episode.findings(call)))

    def feedback(self, call: int) -> Feedback:
        """Return what training is told about a call."""
        return self._loop.run(_soon(lambda: self._episode.feedback(call)))


class SyncShell:
    """A :class:`~vigiles.runtime.shells.shell.Shell` whose methods return when done."""

    def __init__(self, shell: Shell, loop: _Loop) -> None:
        self._shell = shell
        self._loop = loop

    def __enter__(self) -> SyncShell:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Forget the state; see :meth:`Shell.close`."""
        self._loop.run(_soon(self._shell.close))

    def run(
        self, command: str | bytes, *, label: str | None = None, stdin: bytes | None = None, timeout: float | None = None
    ) -> ShellOutcome:
        """Run one command as one call; see :meth:`Shell.run`."""
        return self._loop.run(self._shell.run(command, label=label, stdin=stdin, timeout=timeout))

    def planted_by(self, name: str, kind: ShellKind | None = None) -> int | None:
        """Return the call that last set ``name``; see :meth:`Shell.planted_by`."""
        return self._loop.run(_soon(lambda: self._shell.planted_by(name, kind)))

    def planted(self) -> list[Planted]:
        """Return everything that calls have set and that stands in the shell now."""
        return self._loop.run(_soon(self._shell.planted))


async def _soon(work: Callable[[], T]) -> T:
    return work()


def _synchronous(
    opener: Callable[P, AbstractAsyncContextManager[Episode]],
) -> Callable[P, AbstractContextManager[SyncEpisode]]:
    """Return ``opener`` with the same parameters, for a ``with`` block."""

    @wraps(opener)
    @contextmanager
    def opened(*words: P.args, **options: P.kwargs) -> Iterator[SyncEpisode]:
        for word in _NOT_HERE:
            if options.get(word):
                raise InputInvalid(f"{word} cannot be given here", "Open the episode with async: vigiles.api.open_episode.")
        loop = _Loop()
        try:
            manager = opener(*words, **options)
            episode = loop.run(manager.__aenter__())
            try:
                yield SyncEpisode(episode, loop)
            except BaseException as error:
                loop.run(manager.__aexit__(type(error), error, error.__traceback__))
                raise
            else:
                loop.run(manager.__aexit__(None, None, None))
        finally:
            loop.close()

    return opened


#: Open an episode and close it at the end of a ``with`` block; see :func:`vigiles.runtime.beginning.opening.open_episode`.
#: It has a recorder client and a launcher of its own; who shares them among episodes works with ``async``.
open_episode = _synchronous(opening.open_episode)
