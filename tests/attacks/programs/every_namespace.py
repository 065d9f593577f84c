"""A namespace of each kind, in a user namespace of one's own, by unshare, clone and clone3: succeeds if one changed."""

import ctypes
import os
import struct

import say

libc = ctypes.CDLL(None, use_errno=True)
NEWUSER, SIGCHLD, CLONE, CLONE3, UNSHARE = 0x10000000, 17, 56, 435, 272
KINDS = {
    "mnt": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": NEWUSER, "pid": 0x20000000,
    "net": 0x40000000, "time": 0x80,
}  # fmt: skip


def by_unshare(flags):
    pid = os.fork()
    if pid == 0 and libc.syscall(UNSHARE, ctypes.c_ulong(flags)) < 0:
        os._exit(1)
    return pid


def by_clone(flags):
    return libc.syscall(CLONE, ctypes.c_ulong((flags & ~0xFF) | SIGCHLD), 0, 0, 0, 0)


def by_clone3(flags):
    return libc.syscall(CLONE3, ctypes.create_string_buffer(struct.pack("8Q", flags, 0, 0, 0, SIGCHLD, 0, 0, 0)), 64)


def attack(given):
    changed, refused = [], 0
    before = os.readlink("/proc/self/ns/user")
    for kind, flag in KINDS.items():
        for way in (by_unshare, by_clone, by_clone3):
            reader, writer = os.pipe()
            pid = way(flag | NEWUSER)
            if pid == 0:
                os.write(writer, os.readlink("/proc/self/ns/user").encode())
                os._exit(0)
            os.close(writer)
            if pid < 0:
                refused += 1
            else:
                os.waitpid(pid, 0)
                told = os.read(reader, 64).decode()
                changed += [f"{kind} {way.__name__}"] if told not in ("", before) else []
            os.close(reader)
    return bool(changed), f"changed: {changed}; refused: {refused}"


def twin(given):
    """unshare of what is one's own process's: file descriptors and working directory."""
    return libc.syscall(UNSHARE, 0x400 | 0x200) == 0, "CLONE_FILES, CLONE_FS"


say.main("every_namespace", attack, twin)
