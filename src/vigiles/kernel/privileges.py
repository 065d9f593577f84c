"""Giving up privileges: no_new_privs, capabilities, dumpability, death with the parent.

Source: capabilities(7), prctl(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from vigiles.kernel import syscall

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 1, 4, 24, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x2008_0522
#: Looked up here, once, and not in each of the launcher's forks.
_capset, _setfsgid = syscall.libc.capset, syscall.libc.setfsgid


def no_new_privileges() -> None:
    """No exec of this process or its children can gain privileges any more."""
    syscall.prctl(_PR_SET_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Empty the ambient, effective, permitted and inheritable sets; the bounding set is :func:`drop_bounding`'s."""
    syscall.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    if _capset(struct.pack("Ii", _CAPABILITY_VERSION_3, 0), bytes(24)) < 0:
        raise OSError(ctypes.get_errno(), "capset")


def drop_bounding() -> None:
    """Empty the bounding set: no exec of this process's children can give them a capability. What is held stays held."""
    try:
        for capability in range(64):
            syscall.prctl(_PR_CAPBSET_DROP, capability)
    except OSError:
        pass  # the first number beyond the kernel's last capability is refused: all below it are dropped


def act_for_files_as(gid: int) -> None:
    """Be ``gid`` where a file's group decides. Exec undoes it; who cannot name that gid any more cannot take it again.

    Raises OSError. Source: setfsgid(2), which does not tell of a failure itself.
    """
    _setfsgid(gid)
    if _setfsgid(gid) != gid:
        raise OSError(errno.EPERM, f"setfsgid: {os.strerror(errno.EPERM)}")


def undumpable() -> None:
    """Close /proc/PID of this process to others of its uid: no memory, no environment, no descriptors."""
    syscall.prctl(_PR_SET_DUMPABLE, 0)


def dumpable() -> None:
    """Undo :func:`undumpable`: who may trace this uid may look in again (exec does the same)."""
    syscall.prctl(_PR_SET_DUMPABLE, 1)


def die_with_parent(signal: int = 9) -> None:
    """Get ``signal`` when the parent thread dies."""
    syscall.prctl(_PR_SET_PDEATHSIG, signal)
