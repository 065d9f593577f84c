"""Landlock: a second wall for files, and a wall against tracing between domains.

Source: the kernel's Documentation/userspace-api/landlock; ABI 1 (5.13) to 7 (6.15).
"""

from __future__ import annotations

import os
import stat
import struct

from vigiles.kernel import syscall

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = 1, 2, 4, 8, 16, 32
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = 64, 128, 256, 512, 1024, 2048, 4096
REFER, TRUNCATE, IOCTL_DEV = 8192, 16384, 32768

READ = EXECUTE | READ_FILE | READ_DIR
FILE_ONLY = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
WRITE = (
    READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_SYM | REFER | TRUNCATE
)
DEVICE = READ_FILE | WRITE_FILE | READ_DIR | IOCTL_DEV | TRUNCATE
SCOPE_ABSTRACT_UNIX, SCOPE_SIGNAL = 1, 2
BIND_TCP, CONNECT_TCP = 1, 2

_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_LOG_NEW_EXEC_ON = 2


def abi() -> int:
    """Return the Landlock ABI of this kernel, 0 if there is none."""
    try:
        return syscall.call("landlock_create_ruleset", None, 0, _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def handled(version: int) -> int:
    """Return every file right that this ABI can restrict."""
    rights = (1 << 13) - 1
    rights |= REFER if version >= 2 else 0
    rights |= TRUNCATE if version >= 3 else 0
    rights |= IOCTL_DEV if version >= 5 else 0
    return rights


def ruleset(version: int, rules: list[tuple[str, int]], scopes: int = 0, network: int = 0) -> int:
    """Return the fd of a ruleset that allows only ``rules`` (path, rights); ``scopes`` are walled off where ABI 6 is.

    ``network``: what no socket may do by itself any more, on no port, where ABI 4 is: BIND_TCP, CONNECT_TCP. Paths that do
    not exist are left out: there is nothing to allow. Raises OSError.
    """
    rights = handled(version)
    attributes = struct.pack("QQQ", rights, network if version >= 4 else 0, scopes if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    fd = syscall.call("landlock_create_ruleset", attributes, size, 0)
    try:
        for path, allowed in rules:
            _allow(fd, path, rights & allowed)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            rights &= FILE_ONLY
        syscall.call("landlock_add_rule", ruleset, _RULE_PATH_BENEATH, struct.pack("=Qi", rights, parent), 0)
    finally:
        os.close(parent)


def restrict_self(fd: int, *, log_new_exec: bool = False) -> None:
    """Put this process and its future children under the ruleset. Needs no_new_privs. Raises OSError.

    ``log_new_exec``: where ABI 7 is, audit also what programs are refused that are executed from now on. Without it the
    kernel's audit system hears only of what this very program is refused.
    """
    flags = _LOG_NEW_EXEC_ON if log_new_exec and abi() >= 7 else 0
    syscall.call("landlock_restrict_self", fd, flags)
