"""Become root in a user namespace of one's own, by unshare, clone and clone3: succeeds if the namespace really changed."""

import ctypes
import os
import struct

import say

libc = ctypes.CDLL(None, use_errno=True)
NEWUSER, SIGCHLD = 0x10000000, 17


def here():
    return os.readlink("/proc/self/ns/user")


def by_unshare():
    if libc.unshare(NEWUSER) < 0:
        raise OSError(ctypes.get_errno(), "unshare")
    return 0


def by_clone():
    pid = libc.syscall(56, NEWUSER | SIGCHLD, 0, 0, 0, 0)
    if pid < 0:
        raise OSError(ctypes.get_errno(), "clone")
    return pid


def by_clone3():
    arguments = ctypes.create_string_buffer(struct.pack("8Q", NEWUSER, 0, 0, 0, SIGCHLD, 0, 0, 0))
    pid = libc.syscall(435, arguments, 64)
    if pid < 0:
        raise OSError(ctypes.get_errno(), "clone3")
    return pid


def attack(given):
    before, done, refused = here(), [], []
    for way in (by_clone, by_clone3, by_unshare):
        reader, writer = os.pipe()
        try:
            pid = way()
        except OSError as error:
            refused.append(f"{way.__name__}={error.errno}")
            continue
        if way is by_unshare or pid == 0:
            os.write(writer, here().encode())
            if way is not by_unshare:
                os._exit(0)
        else:
            os.waitpid(pid, 0)
        if os.read(reader, 64).decode() != before:
            done.append(way.__name__)
    return bool(done), f"changed by: {done}; refused: {' '.join(refused)}"


def twin(given):
    """Processes and threads are made as always."""
    pid = os.fork()
    if pid == 0:
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7, "fork"


say.main("nested_namespace", attack, twin)
