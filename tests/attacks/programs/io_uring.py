"""io_uring: a second way to every system call, unseen by seccomp listeners. Succeeds if the ring is set up."""

import ctypes
import os
import select

import say

libc = ctypes.CDLL(None, use_errno=True)
IO_URING_SETUP = 425


def attack(given):
    ring = libc.syscall(IO_URING_SETUP, 4, ctypes.create_string_buffer(120))
    if ring < 0:
        raise OSError(ctypes.get_errno(), "io_uring_setup")
    link = os.readlink(f"/proc/self/fd/{ring}")
    os.close(ring)
    return "io_uring" in link, link


def twin(given):
    """epoll, which programs fall back to, works."""
    reader, writer = os.pipe()
    poll = select.epoll()
    poll.register(reader, select.EPOLLIN)
    os.write(writer, b"x")
    return poll.poll(1) == [(reader, select.EPOLLIN)], "epoll"


say.main("io_uring", attack, twin)
