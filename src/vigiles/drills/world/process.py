"""The world's servers as a child process: started, asked what reached them, ended."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from vigiles.drills.world import enter, journal, serve
from vigiles.model.errors import InputInvalid, ProcessLost

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0


class RunningWorld:
    """``ready`` is what the servers said at the start; :meth:`effects` reads what has reached them so far."""

    def __init__(self, folder: Path, ready: serve.Ready) -> None:
        self.ready = ready
        self._journal = folder / serve.JOURNAL

    def effects(self) -> list[journal.Effect]:
        """Return every effect up to now, oldest first."""
        return journal.read(self._journal)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[RunningWorld]:
    """Start the servers with ``folder`` (must exist, be empty) as their state; kill them at the end.

    Raises :class:`InputInvalid` outside a world's namespace and :class:`ProcessLost` if the servers do not come up.
    """
    if not enter.inside():
        raise InputInvalid("not inside a drill's world", "start it through `vigiles drill`")
    errors = folder / "errors.txt"
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "vigiles.drills.world.serve", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
    try:
        line = _first_line(process)
        if not line:
            tail = errors.read_text(errors="replace").strip().splitlines()[-1:]
            raise ProcessLost(f"the drill's servers did not start: {''.join(tail) or 'no answer'}", "play the drill again")
        yield RunningWorld(folder, msgspec.json.decode(line, type=serve.Ready))
    finally:
        _end(process)


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    deadline = time.monotonic() + _START_SECONDS
    got = b""
    while not got.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(process.stdout.fileno(), 65536) if ready else b""
        if not part:
            return b""
        got += part
    return got


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
