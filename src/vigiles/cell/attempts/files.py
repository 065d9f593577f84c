"""Ways to files, mounts and namespaces."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from functools import partial

from vigiles.cell.attempt import Attempt
from vigiles.cell.attempts.deeds import create, libc, open_file
from vigiles.kernel import namespaces, syscall

_AT_FDCWD = -100

_EPERM = frozenset({errno.EPERM})
#: The kernel asks the mount first, so nothing but a read-only one answers this: Landlock alone would say EACCES.
_READ_ONLY = frozenset({errno.EROFS})
_NO_LOOK = frozenset({errno.EACCES, errno.EPERM})
_SETTING = _READ_ONLY | _NO_LOOK


def _device() -> None:
    path = f"/tmp/.vigiles-probe-{os.getpid()}"
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.unlink(path)


def _unshare_user() -> None:
    namespaces.unshare(namespaces.NEWUSER)


def _clone_user() -> None:
    pid = namespaces.fork_into(namespaces.NEWUSER)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _mount() -> None:
    libc("mount", b"none", b"/tmp", b"tmpfs", ctypes.c_ulong(0), None)


_call = syscall.call

#: Where the root is not the cell's own to change.
HOST_ROOT = (
    Attempt("write in /etc", partial(create, "/etc"), _READ_ONLY),
    Attempt("write in /usr", partial(create, "/usr"), _READ_ONLY),
    Attempt("write in /", partial(create, ""), _READ_ONLY),
    # The mount there is writable, for an ordinary user's cell the folder too: only Landlock refuses a regular file.
    Attempt("write in /dev", partial(create, "/dev"), _NO_LOOK),
)

#: In the place of these where the workload is root inside.
OWN_ROOT = (
    Attempt("write in /dev", partial(create, "/dev"), _READ_ONLY),
    # Which settings uid 0 owns depends on who made the namespaces; the mount is read-only in any case.
    Attempt("write a setting of the kernel", partial(open_file, "/proc/sys/net/ipv4/ip_forward", os.O_WRONLY), _SETTING),
    Attempt("write a setting of its IPC namespace", partial(open_file, "/proc/sys/kernel/shmmax", os.O_WRONLY), _SETTING),
    Attempt("make a device", _device, _NO_LOOK),
    Attempt("become another uid", partial(os.setuid, 1), frozenset({errno.EPERM, errno.EINVAL})),
    Attempt("give a file away", partial(os.chown, "/tmp", 1, 1), frozenset({errno.EPERM, errno.EINVAL})),
    Attempt("change the root folder", partial(os.chroot, "/tmp"), _EPERM),
)

FILES = (
    *HOST_ROOT,
    Attempt("write in /run", partial(create, "/run"), _READ_ONLY),
    Attempt("unshare a user namespace", _unshare_user, _EPERM),
    Attempt("clone into a user namespace", _clone_user, _EPERM),
    Attempt("setns", partial(_call, "setns", -1, 0), _EPERM),
    Attempt("mount", _mount, _EPERM),
    Attempt("open_tree", partial(_call, "open_tree", _AT_FDCWD, b"/", 0), _EPERM),
    Attempt("fsopen", partial(_call, "fsopen", b"tmpfs", 0), _EPERM),
    Attempt("move_mount", partial(_call, "move_mount", -1, b"", -1, b"", 0), _EPERM),
    Attempt("mount_setattr", partial(_call, "mount_setattr", -1, b"", 0, None, 0), _EPERM),
    Attempt("name_to_handle_at", partial(_call, "name_to_handle_at", _AT_FDCWD, b"/", None, None, 0), _EPERM),
    Attempt("open_by_handle_at", partial(_call, "open_by_handle_at", _AT_FDCWD, None, 0), _EPERM),
)
