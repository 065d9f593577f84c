"""open_by_handle_at: open a folder by its handle, past every path. It needs privileges over the file system, which a user
namespace of one's own gives for a file system mounted there.
"""

import ctypes
import os
import struct

import say
import twins

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, NAME_TO_HANDLE, OPEN_BY_HANDLE = -100, 303, 304
NEWNS, NEWUSER = 0x20000, 0x10000000


def attack(given):
    folder = given["workdir"]
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(NEWUSER | NEWNS) == 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        libc.mount(b"none", folder.encode(), b"tmpfs", 0, None)
    inner = os.path.join(folder, f"handle-{os.getpid()}")
    os.mkdir(inner)
    with open(os.path.join(inner, "file"), "w") as file:
        file.write("by handle")
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
    mount = ctypes.c_int()
    if libc.syscall(NAME_TO_HANDLE, AT_FDCWD, inner.encode(), handle, ctypes.byref(mount), 0) < 0:
        raise OSError(ctypes.get_errno(), "name_to_handle_at")
    where = os.open(folder, os.O_RDONLY)
    fd = libc.syscall(OPEN_BY_HANDLE, where, handle, os.O_DIRECTORY)  # without root, folders only
    if fd < 0:
        raise OSError(ctypes.get_errno(), "open_by_handle_at")
    came = os.read(os.open("file", os.O_RDONLY, dir_fd=fd), 64)
    return came == b"by handle", f"{came!r}"


say.main("file_handle", attack, twins.work_on_a_file)
