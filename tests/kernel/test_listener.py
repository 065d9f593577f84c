"""A real listener: a child stops in a system call, this process answers in the kernel's stead."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from vigiles.kernel import listener, privileges, syscall
from vigiles.kernel.bpf import ALLOW, USER_NOTIF, Program

GETPPID = 110


def program() -> bytes:
    made = Program()
    made.load(0)
    made.skip_unless_equal(GETPPID, 1)
    made.give(USER_NOTIF)
    made.give(ALLOW)
    return made.packed()


def ask(*arguments: int) -> tuple[int, int]:
    """Do getppid(2) with arguments that it ignores; return the result and errno."""
    ctypes.set_errno(0)
    result = syscall.libc.syscall(ctypes.c_long(GETPPID), *(ctypes.c_long(argument) for argument in arguments))
    return int(result), ctypes.get_errno()


class Stopped:
    """A child under a filter that runs ``function`` and reports what it returns; ``fd`` is its listener."""

    def __init__(self, function: Callable[[], tuple[int, int]]) -> None:
        self._ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            try:
                privileges.die_with_parent()
                privileges.no_new_privileges()
                fd = listener.install(program(), listen=True)
                socket.send_fds(theirs, [b"x"], [fd])
                os.close(fd)
                theirs.sendall(struct.pack("qi", *function()))
            finally:
                os._exit(0)
        theirs.close()
        (self.fd,) = socket.recv_fds(self._ours, 1, 1)[1]

    def said(self) -> tuple[int, int]:
        self._ours.settimeout(5)
        result, error = struct.unpack("qi", self._ours.recv(12))
        return result, error

    def close(self) -> None:
        os.close(self.fd)
        self._ours.close()
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)


@pytest.fixture
def stop() -> Iterator[Callable[[Callable[[], tuple[int, int]]], Stopped]]:
    made: list[Stopped] = []

    def one(function: Callable[[], tuple[int, int]]) -> Stopped:
        made.append(Stopped(function))
        return made[-1]

    yield one
    for stopped in made:
        stopped.close()


def test_a_notification_carries_number_and_arguments_and_may_go_on(stop: Any) -> None:
    child = stop(lambda: ask(1, 2, 3, 4, 5, (1 << 63) - 1))
    notification = listener.receive(child.fd)
    assert notification is not None
    assert (notification.nr, notification.pid) == (GETPPID, child.pid)
    assert notification.args == (1, 2, 3, 4, 5, (1 << 63) - 1)
    assert listener.still_valid(child.fd, notification)
    listener.proceed(child.fd, notification)
    assert child.said() == (os.getpid(), 0)
    assert not listener.still_valid(child.fd, notification)


@pytest.mark.parametrize(
    ("error", "value", "seen"), [(errno.EACCES, 0, (-1, errno.EACCES)), (0, 0, (0, 0)), (0, 4242, (4242, 0))]
)
def test_an_answer_in_the_kernels_stead(stop: Any, error: int, value: int, seen: tuple[int, int]) -> None:
    child = stop(ask)
    notification = listener.receive(child.fd)
    listener.answer(child.fd, notification, error, value)
    assert child.said() == seen


def test_what_the_caller_spawns_speaks_by_the_same_listener(stop: Any) -> None:
    def fork_twice() -> tuple[int, int]:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                ask(77)
            os._exit(0)
        os.wait()
        return 0, 0

    child = stop(fork_twice)
    notification = listener.receive(child.fd)
    assert notification.args[0] == 77
    assert notification.pid != child.pid
    listener.proceed(child.fd, notification)


def test_a_caller_that_was_killed_is_no_error(stop: Any) -> None:
    child = stop(ask)
    notification = listener.receive(child.fd)
    os.kill(child.pid, signal.SIGKILL)
    for _ in range(200):
        if not listener.still_valid(child.fd, notification):
            break
        time.sleep(0.01)
    listener.answer(child.fd, notification, errno.EPERM)
    listener.proceed(child.fd, notification)
    assert listener.receive(child.fd) is None


def test_a_second_listener_in_one_tree_is_refused(stop: Any) -> None:
    def second() -> tuple[int, int]:
        try:
            listener.install(program(), listen=True)
        except OSError as error:
            return -1, error.errno or 0
        return 0, 0

    assert stop(second).said() == (-1, errno.EBUSY)


def test_wake_ups_and_a_descriptor_that_is_no_listener(stop: Any) -> None:
    assert isinstance(listener.wake_synchronously(stop(ask).fd), bool)
    with open(os.devnull) as file:
        assert listener.wake_synchronously(file.fileno()) is False
        with pytest.raises(OSError, match="ioctl"):
            listener.receive(file.fileno())


def test_a_program_that_is_none_is_refused(in_child: Any) -> None:
    def attempt() -> int:
        privileges.no_new_privileges()
        try:
            listener.install(struct.pack("HBBI", 0x15, 9, 9, 0), listen=False)
        except OSError as error:
            return error.errno or 0
        return 0

    assert in_child(attempt) == errno.EINVAL
