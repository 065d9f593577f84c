"""Seccomp filters and their user-notification listeners.

Source: seccomp(2), seccomp_unotify(2). Structures: seccomp_notif (80 bytes): id u64, pid u32, flags u32, then seccomp_data
(nr i32, arch u32, instruction pointer u64, six arguments u64); seccomp_notif_resp (24 bytes): id u64, val i64, error i32,
flags u32.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import struct

from vigiles.kernel import syscall

_SET_MODE_FILTER = 1
_FLAG_NEW_LISTENER, _FLAG_WAIT_KILLABLE_RECV = 8, 32
_NOTIF_RECV, _NOTIF_SEND, _NOTIF_ID_VALID, _NOTIF_ADDFD, _NOTIF_SET_FLAGS = (
    0xC050_2100,
    0xC018_2101,
    0x4008_2102,
    0x4018_2103,
    0x4008_2104,
)
_SYNC_WAKE_UP = 1
_RESP_CONTINUE = 1
_NOTIF = struct.Struct("QIIiIQ6Q")
_RESP = struct.Struct("QqiI")
_EMPTY = bytes(80)


def install(program: bytes, *, listen: bool) -> int:
    """Install a filter on this thread; return the listener's fd if ``listen``, else -1. Needs no_new_privs.

    Waits killably where the kernel can (5.19). Raises OSError; EBUSY: a listener is already in this tree.
    """
    fprog = struct.pack("H6xP", len(program) // 8, ctypes.cast(ctypes.c_char_p(program), ctypes.c_void_p).value)
    if not listen:
        syscall.call("seccomp", _SET_MODE_FILTER, 0, fprog)
        return -1
    try:
        return syscall.call("seccomp", _SET_MODE_FILTER, _FLAG_NEW_LISTENER | _FLAG_WAIT_KILLABLE_RECV, fprog)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    return syscall.call("seccomp", _SET_MODE_FILTER, _FLAG_NEW_LISTENER, fprog)


def wake_synchronously(fd: int) -> bool:
    """Ask for wake-ups that hand the processor over (6.6). Return whether the kernel can."""
    try:
        # The flags are the ioctl's argument itself, not a pointer to it.
        fcntl.ioctl(fd, _NOTIF_SET_FLAGS, _SYNC_WAKE_UP)
    except OSError:
        return False
    return True


class Notification:
    """One stopped system call: ``id``, ``pid`` (a thread id as we see it), ``nr``, its ``instruction`` and six ``args``."""

    __slots__ = ("args", "id", "instruction", "nr", "pid")

    def __init__(self, data: bytes) -> None:
        fields = _NOTIF.unpack(data)
        self.id: int = fields[0]
        self.pid: int = fields[1]
        self.nr: int = fields[3]
        self.instruction: int = fields[5]
        self.args: tuple[int, ...] = fields[6:]


def receive(fd: int) -> Notification | None:
    """Return the next notification, or None if its caller died meanwhile. Raises OSError."""
    try:
        return Notification(fcntl.ioctl(fd, _NOTIF_RECV, _EMPTY))
    except FileNotFoundError:
        return None


def still_valid(fd: int, notification: Notification) -> bool:
    """Say whether the caller still waits: what was read from its memory before belongs to it."""
    try:
        fcntl.ioctl(fd, _NOTIF_ID_VALID, struct.pack("Q", notification.id))
    except OSError:
        return False
    return True


def proceed(fd: int, notification: Notification) -> None:
    """Let the kernel do the call as it stands. Never for a call that was judged by what its memory said."""
    _send(fd, _RESP.pack(notification.id, 0, 0, _RESP_CONTINUE))


def answer(fd: int, notification: Notification, error: int, value: int = 0) -> None:
    """Answer in the kernel's stead: ``error`` is an errno, 0 for success with ``value``."""
    _send(fd, _RESP.pack(notification.id, value, -error, 0))


def _send(fd: int, response: bytes) -> None:
    try:
        fcntl.ioctl(fd, _NOTIF_SEND, response)
    except FileNotFoundError:
        pass  # the caller was killed while we thought
