"""Looking into other processes: descriptors, memory, lineage."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vigiles.kernel import processes

Child = Callable[[Callable[[], object]], int]


@pytest.fixture
def child() -> Iterator[Child]:
    """Fork a process that does something and then waits."""
    made: list[int] = []

    def one(function: Callable[[], object]) -> int:
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                function()
                os.write(writer, b"x")
                time.sleep(60)
            finally:
                os._exit(0)
        os.close(writer)
        made.append(pid)
        assert os.read(reader, 1) == b"x"
        os.close(reader)
        return pid

    yield one
    for pid in made:
        for below in processes.descendants(pid):
            os.kill(below, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_descriptor_taken_from_another_process_is_the_same_open_file(child: Child) -> None:
    reader, writer = os.pipe()
    pid = child(lambda: os.dup2(writer, 99))
    os.close(writer)
    pidfd = processes.open_pidfd(pid)
    taken = processes.take_descriptor(pidfd, 99)
    os.write(taken, b"through it")
    assert os.read(reader, 32) == b"through it"
    assert not os.get_inheritable(taken)
    with pytest.raises(OSError, match="pidfd_getfd"):
        processes.take_descriptor(pidfd, 500)
    for fd in (reader, taken, pidfd):
        os.close(fd)


def test_a_pidfd_of_a_thread_that_leads_nothing() -> None:
    told, done, tid = threading.Event(), threading.Event(), [0]

    def work() -> None:
        tid[0] = threading.get_native_id()
        told.set()
        done.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    told.wait(10)
    try:
        assert processes.leader(tid[0]) == os.getpid() != tid[0]
        os.close(processes.open_pidfd(tid[0]))
    finally:
        done.set()
        thread.join()


def test_nobody_has_the_highest_process_id() -> None:
    for attempt in (processes.open_pidfd, processes.leader):
        with pytest.raises(OSError):  # noqa: PT011 - ESRCH or ENOENT, as the kernel is
            attempt(2**22 + 1)
    assert processes.uts_tag(2**22 + 1) is None
    assert processes.descendants(2**22 + 1) == []
    assert processes.sockets(2**22 + 1) == {}


def test_descendants_of_threads_and_of_children(child: Child) -> None:
    def nest() -> None:
        for _ in range(2):
            if os.fork():
                break
        else:
            time.sleep(60)
        if processes.leader(os.getpid()) != os.getpid():
            os._exit(1)

    root = child(nest)
    for _ in range(100):
        found = processes.descendants(root)
        if len(found) == 2:
            break
        time.sleep(0.01)
    parents = [int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) for pid in found]
    assert parents == [root, found[0]]


def test_sockets_that_a_process_holds(child: Child) -> None:
    with socket.socket() as ours, open(os.devnull) as no_socket:
        inode = os.fstat(ours.fileno()).st_ino
        pid = child(lambda: None)
        assert processes.sockets(os.getpid())[ours.fileno()] == processes.sockets(pid)[ours.fileno()] == inode
        assert no_socket.fileno() not in processes.sockets(pid)
    assert inode not in processes.sockets(os.getpid()).values()


def test_the_tag_is_the_namespaces_inode() -> None:
    assert processes.uts_tag("self") == os.stat("/proc/self/ns/uts").st_ino == processes.uts_tag(os.getpid())


def test_a_fork_has_its_own_memory_and_a_thread_has_not(child: Child) -> None:
    pid = child(lambda: None)
    assert not processes.share_memory(os.getpid(), pid)
    assert processes.share_memory(pid, pid)
    assert not processes.share_memory(pid, 2**22 + 1)
