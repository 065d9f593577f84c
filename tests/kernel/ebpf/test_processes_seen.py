"""Forks, execs and exits of real processes."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from vigiles.kernel.ebpf.programs import Programs

pytestmark = pytest.mark.asroot
Inside = Callable[..., Any]
TOKEN = 0xFEED_0000_0000_0001


def test_fork_exec_and_exit(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(call.id, TOKEN)

    def act() -> int:
        pid = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 7"], {})
        os.waitpid(pid, 0)
        return pid

    before = time.monotonic_ns()
    maker, pid = inside(call, act)
    events = [event for event in programs.events() if event.pid == pid]
    assert [event.kind for event in events] == ["fork", "exec", "exit"]
    fork, execution, end = events
    assert {(event.token, event.cgroup, event.task_token) for event in events} == {(TOKEN, call.id, TOKEN)}
    assert fork.creator == maker
    assert {event.ppid for event in events} == {maker}
    assert {event.started_ns for event in events} == {fork.started_ns}
    assert (execution.filename, execution.comm, execution.truncated) == ("/bin/sh", "sh", False)
    assert os.waitstatus_to_exitcode(end.exit_code) == 7
    assert before < fork.time_ns < execution.time_ns < end.time_ns < time.monotonic_ns()


def test_a_signal_is_told_from_an_exit(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(call.id, TOKEN)

    def act() -> int:
        pid = os.posix_spawn("/bin/sh", ["sh", "-c", "kill -9 $$"], {})
        os.waitpid(pid, 0)
        return pid

    _, pid = inside(call, act)
    (end,) = [event for event in programs.events() if event.pid == pid and event.kind == "exit"]
    assert os.waitstatus_to_exitcode(end.exit_code) == -signal.SIGKILL


def test_a_daemon_stays_with_its_call(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(call.id, TOKEN)

    def act() -> int:
        reader, writer = os.pipe()
        if not os.fork():
            os.setsid()
            if not os.fork():
                os.write(writer, str(os.getpid()).encode())
                os.close(writer)
                os.execve("/bin/true", ["true"], {})
            os._exit(0)
        os.close(writer)
        os.wait()
        with os.fdopen(reader, "rb") as file:
            return int(file.read())

    _, daemon = inside(call, act)
    end = time.monotonic() + 10
    events = programs.events()
    while not any(event.kind == "exit" and event.pid == daemon for event in events) and time.monotonic() < end:
        time.sleep(0.01)
        events += programs.events()
    mine = [event for event in events if event.pid == daemon]
    assert [event.kind for event in mine] == ["fork", "exec", "exit"]
    assert {event.token for event in mine} == {TOKEN}


def test_threads_are_not_processes(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(call.id, TOKEN)

    def act() -> None:
        threads = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    pid, _ = inside(call, act)
    assert [(event.kind, event.pid) for event in programs.events()] == [("exit", pid)]


def test_a_process_whose_threads_end_at_once_ends_once(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(call.id, TOKEN)

    def act() -> list[int]:
        pids = []
        for _ in range(20):
            if not (pid := os.fork()):
                for _ in range(6):
                    threading.Thread(target=time.sleep, args=(5,)).start()
                os._exit(3)
            pids.append(pid)
            os.waitpid(pid, 0)
        return pids

    _, pids = inside(call, act)
    ends = [event for event in programs.events() if event.kind == "exit" and event.pid in pids]
    assert [event.pid for event in ends] == pids
    assert {os.waitstatus_to_exitcode(event.exit_code) for event in ends} == {3}


#: Pairs of threads on two processors that end in one moment: each counts itself in, waits until there are two, and ends with
#: code 3, all in machine code of x86-64. In a small program, because the fork of a large one takes long.
PAIRS = """
import _thread, ctypes, mmap, os, sys
page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("f0ff07 f390 833f02 7cf9 b83c000000 bf03000000 0f05"))
start = ctypes.addressof(ctypes.c_char.from_buffer(page))
meet = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(start)
def on(processor):
    os.sched_setaffinity(0, {processor})
    meet(start + 1024)
one, other, *_ = os.sched_getaffinity(0)
for _ in range(800):
    if not (pid := os.fork()):
        _thread.start_new_thread(on, (other,))
        on(one)
    os.waitpid(pid, 0)
    print(pid)
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the threads that meet are machine code of x86-64")
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two processors to end two threads in one moment")
def test_two_threads_that_end_in_one_moment_end_their_process_once(programs: Programs, call: Any, inside: Inside) -> None:
    """Some pairs are so close that each finds the other gone, and both want to tell of it: one in a few hundred."""
    programs.assign(call.id, TOKEN)

    def act() -> list[int]:
        said = subprocess.run([sys.executable, "-ISc", PAIRS], stdout=subprocess.PIPE, check=True, timeout=60).stdout
        return [int(pid) for pid in said.split()]

    _, pids = inside(call, act)
    ends = [event for event in programs.events() if event.kind == "exit" and event.pid in set(pids)]
    assert [event.pid for event in ends] == pids
    assert {os.waitstatus_to_exitcode(event.exit_code) for event in ends} == {3}


def test_a_child_born_into_a_call_is_the_calls(programs: Programs, top: Any, call: Any, inside: Inside) -> None:
    """The parent's own group is another one: the child's counts, and both are told."""
    launcher = top.child("launcher")
    programs.assign(call.id, TOKEN)
    programs.assign(launcher.id, 5)

    def act() -> int:
        child = os.fork()
        if not child:
            call.enter()
            os._exit(0)
        os.waitpid(child, 0)
        return child

    _, child = inside(launcher, act)
    fork, end = (event for event in programs.events() if event.pid == child)
    assert (fork.token, fork.task_token, end.token) == (5, 5, TOKEN)


def test_an_unknown_group_makes_no_event(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(call.id, TOKEN)
    programs.forget(call.id)
    inside(call, lambda: subprocess.run(["/bin/true"], check=True).returncode)
    assert programs.events() == []


def test_a_group_below_a_named_one_is_its(programs: Programs, call: Any, inside: Inside) -> None:
    deep = call.child("a").child("b").child("c")
    programs.assign(call.id, TOKEN)
    pid, _ = inside(deep, lambda: None)
    (end,) = programs.events()
    assert (end.pid, end.kind, end.token, end.cgroup) == (pid, "exit", TOKEN, call.id)


def test_the_nearest_name_counts(programs: Programs, top: Any, call: Any, inside: Inside) -> None:
    programs.assign(top.id, 1)
    programs.assign(call.id, 2)
    inside(call, lambda: None)
    assert [event.token for event in programs.events()] == [2]


def test_a_long_file_name_is_cut_and_says_so(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(call.id, TOKEN)
    name = "/bin/" + "./" * 200 + "true"

    def act() -> None:
        os.waitpid(os.posix_spawn(name, ["true"], {}), 0)

    inside(call, act)
    (execution,) = [event for event in programs.events() if event.kind == "exec"]
    assert execution.filename == name[:255]
    assert execution.truncated


def test_an_exec_by_a_second_thread_is_the_processs(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(call.id, TOKEN)

    def act() -> int:
        child = os.fork()
        if not child:
            threading.Thread(target=os.execve, args=("/bin/true", ["true"], {})).start()
            time.sleep(10)
        os.waitpid(child, 0)
        return child

    _, child = inside(call, act)
    events = [event for event in programs.events() if event.pid == child]
    assert [event.kind for event in events] == ["fork", "exec", "exit"]
    assert events[-1].exit_code == 0


def test_a_process_that_outlives_its_first_thread_ends_later(programs: Programs, call: Any, inside: Inside) -> None:
    """The first thread ends alone; the process goes on, then ends with its second."""
    programs.assign(call.id, TOKEN)
    leave = "import ctypes, threading, time, os\n"
    leave += "threading.Thread(target=lambda: (time.sleep(0.2), os._exit(5))).start()\n"
    leave += "ctypes.CDLL(None).pthread_exit(None)\n"

    def act() -> int:
        child = os.posix_spawn(sys.executable, [sys.executable, "-S", "-E", "-c", leave], {})
        os.waitpid(child, 0)
        return child

    began = time.monotonic_ns()
    _, child = inside(call, act)
    (end,) = [event for event in programs.events() if event.pid == child and event.kind == "exit"]
    assert os.waitstatus_to_exitcode(end.exit_code) == 5
    assert end.time_ns - began > 200_000_000
