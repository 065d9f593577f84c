"""Real parts: an overlay mounted by a child process, and a pid namespace whose processes carry UTS tags like a cell's."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vigiles.sensors.accounts import Reaped


@pytest.fixture
def overlay_on(tmp_path: Path, overlay_at: Callable[[Path, Path, str], Any]) -> Iterator[Callable[[Path, str], Any]]:
    """Make overlays over folders; all are gone after the test."""
    made: list[Any] = []

    def make(lower: Path, kind: str) -> Any:
        made.append(overlay_at(lower, tmp_path / f"overlay{len(made)}", kind))
        return made[-1]

    yield make
    for overlay in made:
        overlay.close()


_INIT = """
import os, select, signal, sys
from vigiles.kernel import namespaces
uid, gid = os.getuid(), os.getgid()
namespaces.unshare(namespaces.NEWUSER | namespaces.NEWPID)
namespaces.map_self(uid, uid, gid, gid)
if pid := os.fork():
    os.waitpid(pid, 0)
    os._exit(0)
first, wake = {}, os.pipe()
os.set_blocking(wake[1], False)
signal.signal(signal.SIGCHLD, lambda *_: None)
signal.set_wakeup_fd(wake[1])
def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
say("up")
while True:
    for fd in select.select([0, wake[0]], [], [])[0]:
        if fd:
            os.read(fd, 999)
            continue
        line = os.read(0, 65536).decode()
        if not line:
            os._exit(0)
        call, _, script = line.partition(" ")
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            os.setsid()
            namespaces.unshare(namespaces.NEWUTS)
            say("tag", call, os.stat("/proc/self/ns/uts").st_ino)
            os.dup2(2, 1)
            os.execv(sys.executable, [sys.executable, "-c", script])
        first[pid] = call
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            break
        if not pid:
            break
        say("reaped", pid, first.pop(pid, 0), round((usage.ru_utime + usage.ru_stime) * 1e6))
"""


class Cell:
    """Process 1 of a pid namespace that starts Python scripts as calls. ``calls``: UTS inode -> call."""

    def __init__(self) -> None:
        self._child = subprocess.Popen([sys.executable, "-c", _INIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.calls: dict[int, int] = {}
        self.reaped: list[Reaped] = []
        self._rest = b""
        self._up = False
        self.wait(lambda: self._up)
        self.init = int(Path(f"/proc/{self._child.pid}/task/{self._child.pid}/children").read_text().split()[0])

    def start(self, call: int, script: str) -> None:
        """Start a call and wait until its tag is known."""
        assert self._child.stdin is not None
        self._child.stdin.write(f"{call} {script}".encode())
        self._child.stdin.flush()
        self.wait(lambda: call in self.calls.values())

    def wait(self, until: Callable[[], bool], seconds: float = 20.0) -> None:
        """Read what process 1 says until something holds."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, "nothing came"
            self.read(0.02)

    def read(self, seconds: float = 0.0) -> None:
        """Read what process 1 says for a while."""
        assert self._child.stdout is not None
        if not select.select([self._child.stdout], [], [], seconds)[0]:
            return
        *lines, self._rest = (self._rest + os.read(self._child.stdout.fileno(), 65536)).split(b"\n")
        for line in lines:
            what, *words = line.decode().split()
            if what == "up":
                self._up = True
            elif what == "tag":
                self.calls[int(words[1])] = int(words[0])
            elif what == "reaped":
                inner, call, cpu_us = (int(word) for word in words)
                self.reaped.append(Reaped(inner=inner, call=call or None, cpu_us=cpu_us))

    def take_reaped(self) -> list[Reaped]:
        """Return what was reaped since the last time this was asked."""
        self.read()
        taken, self.reaped = self.reaped, []
        return taken

    def close(self) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.wait(10)
        self._child.stdout.close()


@pytest.fixture
def cell() -> Iterator[Cell]:
    """A pid namespace with calls in it."""
    cell = Cell()
    yield cell
    cell.close()
