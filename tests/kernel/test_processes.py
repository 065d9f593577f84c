"""Looking into other processes: descriptors, memory, lineage."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.binary(min_size=1, max_size=9000), st.integers(0, 9000))
def test_memory_is_read_as_it_stands(data: bytes, size: int) -> None:
    buffer = ctypes.create_string_buffer(data, len(data))
    wanted = min(size, len(data))
    if wanted:
        assert processes.read_memory(os.getpid(), ctypes.addressof(buffer), wanted) == data[:wanted]


def test_reading_stops_at_a_page_that_is_not_there() -> None:
    with mmap.mmap(-1, 3 * mmap.PAGESIZE) as pages:
        address = ctypes.addressof(view := ctypes.c_char.from_buffer(pages))
        pages.write(b"a" * 3 * mmap.PAGESIZE)
        libc = ctypes.CDLL(None, use_errno=True)
        last = ctypes.c_void_p(address + 2 * mmap.PAGESIZE)
        assert libc.mprotect(last, mmap.PAGESIZE, 0) == 0
        got = processes.read_memory(os.getpid(), address + mmap.PAGESIZE, 2 * mmap.PAGESIZE)
        assert got == b"a" * mmap.PAGESIZE
        with pytest.raises(OSError, match="process_vm_readv"):
            processes.read_memory(os.getpid(), address + 2 * mmap.PAGESIZE, 1)
        assert libc.mprotect(last, mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_WRITE) == 0
        del view


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_many_strings_at_once_end_at_nul(words: list[bytes]) -> None:
    buffers = [ctypes.create_string_buffer(word, len(word) + 1) for word in words]
    addresses = [ctypes.addressof(buffer) for buffer in buffers]
    got = processes.read_many(os.getpid(), addresses, 200)
    assert len(got) == len(words)
    assert got == [word.split(b"\0")[0][:200] for word in words]


@pytest.mark.parametrize("before", [1, 7, 8, 100])
def test_a_string_goes_on_behind_its_page(before: int) -> None:
    with mmap.mmap(-1, 2 * mmap.PAGESIZE) as pages:
        address = ctypes.addressof(view := ctypes.c_char.from_buffer(pages)) + mmap.PAGESIZE - before
        pages.seek(mmap.PAGESIZE - before)
        pages.write(b"--remote-forward=9022:localhost:22\0other")
        expected = b"--remote-forward=9022:localhost:22"
        assert processes.read_many(os.getpid(), [address, address], 1024) == [expected, expected]
        assert processes.read_many(os.getpid(), [address], before) == [expected[:before]]
        del view


def test_many_with_a_bad_address_gives_what_comes_before() -> None:
    good = ctypes.create_string_buffer(b"good")
    assert processes.read_many(os.getpid(), [ctypes.addressof(good), 8], 64)[0] == b"good"
    with pytest.raises(OSError, match="process_vm_readv"):
        processes.read_many(os.getpid(), [8], 64)


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
