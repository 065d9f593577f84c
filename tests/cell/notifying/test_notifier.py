"""The notifier goes on, whatever a workload does: what it cannot handle, and what is dear to look up."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import open_episode
from vigiles.cell import messages, wire
from vigiles.cell.notifying import images, notifier
from vigiles.cell.spec import CellSpec
from vigiles.kernel import listener, privileges, syscall
from vigiles.kernel.bpf import ALLOW, USER_NOTIF, Program
from vigiles.model.observation.network import Bind
from vigiles.model.observation.sensor import Gap

pytestmark = pytest.mark.cell
CELL = CellSpec(run="r", episode="e", uid=1, gid=1, host_root=False, workdir="/w", workdir_mode="overlay")


def stopping(name: str) -> bytes:
    program = Program()
    program.load(0)
    program.skip_unless_equal(syscall.number(name), 1)
    program.give(USER_NOTIF)
    program.give(ALLOW)
    return program.packed()


def serving(supervisor: socket.socket, tags: socket.socket, ports: socket.socket) -> int:
    """Fork a notifier that has a fault in what it does about bind."""
    pid = os.fork()
    if not pid:
        privileges.die_with_parent()
        made = notifier.Notifier(CELL, os.getpid(), supervisor, tags, ports)

        def fault(*_: Any) -> None:
            raise TypeError("a case nobody thought of")

        made._handlers[syscall.number("bind")] = fault
        try:
            made.serve()
        finally:
            os._exit(1)
    return pid


def under_a_listener(name: str, tags: socket.socket, work: Callable[[], int]) -> int:
    """Fork a process under a listener for one system call, which does some work; its exit code is what that returns."""
    pid = os.fork()
    if not pid:
        try:
            privileges.die_with_parent()
            privileges.no_new_privileges()
            fd = listener.install(stopping(name), listen=True)
            uts = os.open("/proc/self/ns/uts", os.O_RDONLY)
            wire.send(tags, messages.Listener(call=3), [fd, uts])
            os.close(fd)
            tags.close()
            os._exit(work())
        finally:
            os._exit(98)
    return pid


def bind_twice() -> int:
    """Return the errno of both binds, 99 if they differ."""
    said = set()
    for _ in range(2):
        ctypes.set_errno(0)
        syscall.libc.bind(socket.socket().fileno(), bytes(16), 16)
        said.add(ctypes.get_errno())
    return said.pop() if len(said) == 1 else 99


def sleep() -> int:
    """Execute a program that stays."""
    os.execv("/bin/sleep", ["sleep", "30"])


def test_a_fault_of_ours_refuses_one_call_and_is_recorded() -> None:
    (ours, theirs), (init, tags), (door, ports) = wire.pair(), wire.pair(), wire.pair()
    served = serving(theirs, tags, ports)
    caller = under_a_listener("bind", init, bind_twice)
    try:
        assert os.waitstatus_to_exitcode(os.waitpid(caller, 0)[1]) == errno.EACCES
        ours.settimeout(5)
        said: list[Any] = []
        while not any(isinstance(word, messages.CallOver) for word in said):
            said += wire.receive(ours, messages.from_notifier)[0]
        gaps = [word for word in said if isinstance(word, Gap)]
        assert [(gap.what, gap.count, gap.attribution.call, gap.coordinates.call) for gap in gaps] == [
            ("notification", 1, 3, 3)
        ] * 2
        door.send(b"no message at all")
        assert [word.what for word in wire.receive(ours, messages.from_notifier)[0]] == ["door_message"]
        assert os.waitpid(served, os.WNOHANG) == (0, 0)
    finally:
        for sock in (ours, theirs, init, tags, door, ports):
            sock.close()
        os.kill(served, 9)
        os.waitpid(served, 0)


#: Many processes with many descriptors, then more questions to the door's DNS than can be answered.
LOAD = r"""
import json, os, signal, socket, sys, time
kids = []
for _ in range(60):
    pid = os.fork()
    if not pid:
        kept = [os.dup(0) for _ in range(1000)]
        os.write(1, b"")
        time.sleep(60)
        os._exit(0)
    kids.append(pid)
time.sleep(1)
asked = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\7invalid\0\0\1\0\1"
senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(60)]
took = []
for _ in range(6):
    for sender in senders:
        sender.sendto(asked, ("127.0.0.1", 53))
    time.sleep(0.02)
    began = time.monotonic()
    socket.create_connection(("127.0.0.1", 3128)).close()
    took.append(time.monotonic() - began)
print(json.dumps(took), flush=True)
for pid in kids:
    os.kill(pid, signal.SIGKILL)
"""
OWN_LIMITS = r"""
import json, resource
said = {}
for name in ("NOFILE", "NPROC", "DATA"):
    what = getattr(resource, "RLIMIT_" + name)
    before = resource.prlimit(1, what)
    try:
        resource.prlimit(1, what, (3, before[1]))
        said[name] = "set"
    except PermissionError:
        said[name] = "refused" if resource.prlimit(1, what) == before else "changed"
resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
said["own"] = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
print(json.dumps(said))
"""


async def _play(workdir: Path, home: Path, script: str) -> Any:
    async with open_episode(profile="rl-rollout", workdir=workdir, home=home) as episode:
        outcome = await episode.call([sys.executable, "-IS", "-c", script])
        assert outcome.exit_code == 0, outcome.stderr.decode()
        assert (await episode.call(["/bin/true"])).exit_code == 0
        return json.loads(outcome.stdout)


@pytest.mark.alone
def test_dear_questions_leave_time_for_connects(workdir: Path, home: Path) -> None:
    took = asyncio.run(_play(workdir, home, LOAD))
    assert max(took) < 0.5, took


def test_the_limits_of_the_cells_init_cannot_be_changed(workdir: Path, home: Path) -> None:
    said = asyncio.run(_play(workdir, home, OWN_LIMITS))
    assert said == {"NOFILE": "refused", "NPROC": "refused", "DATA": "refused", "own": 64}


@pytest.mark.parametrize("which", ["init", "supervisor's order"])
def test_what_it_still_holds_is_told_before_it_ends(which: str) -> None:
    (ours, theirs), (init, tags), (door, ports) = wire.pair(), wire.pair(), wire.pair()
    served = os.fork()
    if not served:
        privileges.die_with_parent()
        ours.close()
        init.close()
        images.HOLD_S = 60.0  # so that only its end makes it speak
        try:
            notifier.Notifier(CELL, os.getpid(), theirs, tags, ports).serve()
        finally:
            os._exit(1)
    theirs.close()
    tags.close()
    caller = under_a_listener("execve", init, sleep)
    try:
        while Path(f"/proc/{caller}/comm").read_text() != "sleep\n":
            time.sleep(0.01)
        if which == "init":
            init.close()  # the cell's last word: its own end of this socket goes with it
        else:
            ours.shutdown(socket.SHUT_WR)
        told: list[Any] = []
        with contextlib.suppress(wire.Closed, ConnectionError):
            while True:
                told += wire.receive(ours, messages.from_notifier)[0]
        assert [type(word).__name__ for word in told] == ["Tag", "ProcessStart"]
        assert told[1].argv == ["sleep", "30"]
        assert os.waitstatus_to_exitcode(os.waitpid(served, 0)[1]) == 0
    finally:
        os.kill(caller, signal.SIGKILL)
        os.waitpid(caller, 0)
        for sock in (ours, init, door, ports):
            sock.close()


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def test_a_supervisor_that_does_not_listen_slows_the_cell_and_loses_nothing() -> None:
    binds = 8000

    def flood() -> int:
        sock = socket.socket()
        for _ in range(binds):
            with contextlib.suppress(OSError):
                sock.bind(("127.0.0.1", 0))
        return 0

    (ours, theirs), (init, tags), (door, ports) = wire.pair(), wire.pair(), wire.pair()
    served = os.fork()
    if not served:
        privileges.die_with_parent()
        notifier.Notifier(CELL, os.getpid(), theirs, tags, ports).serve()
    caller = under_a_listener("bind", init, flood)
    try:
        time.sleep(0.3)
        before = resident(served)
        time.sleep(1.0)
        assert os.waitpid(caller, os.WNOHANG) == (0, 0), "it waits for us"
        assert resident(served) - before < 4 << 20, "what we do not take is not kept"
        ours.settimeout(10)
        seen, over = 0, False
        while not over:
            words, _ = wire.receive(ours, messages.from_notifier)
            seen += sum(isinstance(word, Bind) for word in words)
            over = any(isinstance(word, messages.CallOver) for word in words)
        assert seen == binds
        assert os.waitstatus_to_exitcode(os.waitpid(caller, 0)[1]) == 0
    finally:
        for sock in (ours, theirs, init, tags, door, ports):
            sock.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(served, signal.SIGKILL)
        os.waitpid(served, 0)
