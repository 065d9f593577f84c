"""Mount by the old and the new interface, in a user namespace of our own: succeeds if a new file system really stands."""

import ctypes
import os

import say
import twins

libc = ctypes.CDLL(None, use_errno=True)
OPEN_TREE, MOVE_MOUNT, FSOPEN, FSCONFIG, FSMOUNT = 428, 429, 430, 431, 432
AT_FDCWD, CREATE, EMPTY_PATH = -100, 6, 4
NEWNS, NEWUSER = 0x20000, 0x10000000


def call(name, *arguments):
    result = libc.syscall(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def attack(given):
    libc.unshare(NEWUSER | NEWNS)
    done, refused = [], []
    target = os.path.join(given["workdir"], "mounted")
    os.makedirs(target, exist_ok=True)
    before = os.stat(target).st_dev

    def old():
        if libc.mount(b"none", target.encode(), b"tmpfs", 0, None) < 0:
            raise OSError(ctypes.get_errno(), "mount")
        return os.stat(target).st_dev != before

    def new():
        fs = call("fsopen", FSOPEN, b"tmpfs", 0)
        call("fsconfig", FSCONFIG, fs, CREATE, None, None, 0)
        mount = call("fsmount", FSMOUNT, fs, 0, 0)
        call("move_mount", MOVE_MOUNT, mount, b"", AT_FDCWD, target.encode(), EMPTY_PATH)
        return os.stat(target).st_dev != before

    def tree():
        fd = call("open_tree", OPEN_TREE, AT_FDCWD, b"/", 0)
        return "etc" in os.listdir(f"/proc/self/fd/{fd}")

    for way in (old, new, tree):
        try:
            if way():
                done.append(way.__name__)
        except OSError as error:
            refused.append(f"{error.strerror}={error.errno}")
    return bool(done), f"done: {done}; refused: {' '.join(refused)}"


say.main("new_mounts", attack, twins.work_on_a_file)
