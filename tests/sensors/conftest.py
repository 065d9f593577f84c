"""Real parts: an overlay mounted by a child process, and a pid namespace whose processes carry UTS tags like a cell's."""

from __future__ import annotations

import array
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vigiles.sensors.accounts import Reaped

_CHILD = """
import array, os, socket, subprocess, sys
from vigiles.kernel import mounts, namespaces, overlay
sock, lower, work, userxattr = socket.socket(fileno=int(sys.argv[1])), sys.argv[2], sys.argv[3], sys.argv[4] == "user"
uid, gid = os.getuid(), os.getgid()
namespaces.unshare(namespaces.NEWNS | (namespaces.NEWUSER if userxattr else 0))
if userxattr:
    namespaces.map_self(uid, uid, gid, gid)
mounts.private_tree()
mounts.mount("tmpfs", work, "tmpfs", mounts.NOSUID | mounts.NODEV, "mode=0755")
for name in ("upper", "work", "merged"):
    os.mkdir(f"{work}/{name}")
overlay.writable(lower, f"{work}/upper", f"{work}/work", f"{work}/merged", privileged=not userxattr)
fds = array.array("i", [os.open(f"{work}/{name}", os.O_RDONLY | os.O_DIRECTORY) for name in ("upper", "merged")])
sock.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds.tobytes())])
while script := sock.recv(65536):
    sock.send(bytes([subprocess.run(["sh", "-ec", script], cwd=f"{work}/merged").returncode & 255]))
"""


class Overlay:
    """``upper``: descriptor of the upper folder; ``merged``: what the cell sees, as a path; ``lower``: what is below."""

    def __init__(self, lower: Path, work: Path, kind: str) -> None:
        self.lower = lower
        self.userxattr = kind == "user"
        ours, theirs = socket.socketpair()
        self._sock = ours
        self._child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(theirs.fileno()), str(lower), str(work), kind], pass_fds=[theirs.fileno()]
        )
        theirs.close()
        data, ancillary, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(8))
        assert data, "no overlay could be mounted"
        fds = array.array("i")
        fds.frombytes(ancillary[0][2])
        self.upper, self._merged_fd = fds
        self.merged = Path(f"/proc/self/fd/{self._merged_fd}")

    def sh(self, script: str) -> None:
        """Run a shell script in the merged folder."""
        self._sock.send(script.encode())
        assert self._sock.recv(1) == b"\0", script

    def close(self) -> None:
        os.close(self.upper)
        os.close(self._merged_fd)
        self._sock.close()
        self._child.wait(10)


KINDS = ["user", *(["root"] if os.geteuid() == 0 else [])]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """An overlay as an ordinary user mounts it, and as root does."""
    return str(request.param)


@pytest.fixture
def overlay_on(tmp_path: Path) -> Iterator[Callable[[Path, str], Overlay]]:
    """Make overlays over folders; all are gone after the test."""
    made: list[Overlay] = []

    def make(lower: Path, kind: str) -> Overlay:
        work = tmp_path / f"overlay{len(made)}"
        work.mkdir()
        made.append(Overlay(lower, work, kind))
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
