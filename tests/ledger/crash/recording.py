"""Watch one real process write: every write, truncate, sync and change of a name below a folder, in their exact order.

The process runs under a seccomp filter whose listener we hold. Calls that change files are done here, in the kernel's
stead, one after the other; so the order in the list is the order on the disk, also between threads. Nothing is compiled, no
privilege is needed, and SQLite, Python and the recorder are those that are always used. Syncs are noted and not done.
What the process sends on sockets is noted too: it is how we know what had been answered, and when.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import select
import signal
import socket
import stat
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vigiles.kernel import listener, privileges, syscall
from vigiles.kernel.bpf import ALLOW, USER_NOTIF, Program

#: x86-64, by name. Those of ``_UNKNOWN`` would change a file in a way that the model does not have: they fail the recording.
_NUMBERS = {
    "write": 1, "open": 2, "pwrite64": 18, "sendto": 44, "fsync": 74, "fdatasync": 75, "ftruncate": 77, "rename": 82,
    "mkdir": 83, "link": 86, "unlink": 87, "openat": 257,
}  # fmt: skip
_UNKNOWN = {
    "writev": 20, "msync": 26, "sendfile": 40, "truncate": 76, "creat": 85, "symlink": 88, "mkdirat": 258, "unlinkat": 263,
    "renameat": 264, "linkat": 265, "symlinkat": 266, "sync_file_range": 277, "pwritev": 296, "renameat2": 316,
    "copy_file_range": 326, "pwritev2": 328,
}  # fmt: skip
_NAMES = {number: name for name, number in (_NUMBERS | _UNKNOWN).items()}
#: Not part of what must survive: rebuilt, or empty, or only space.
_PASSING = ("-shm", ".sock", ".lock", ".reserve")
_PIDFD_GETFD = 438
_LONGEST_PATH = 4096


@dataclass(frozen=True)
class Op:
    """One thing that happened. ``kind``: create, write, truncate, sync, syncdir, mkdir, link, unlink, rename, sent.

    ``file`` is the inode of a write, truncate, sync, create; ``path`` and ``other`` are full paths.
    """

    kind: str
    file: int = 0
    offset: int = 0
    data: bytes = b""
    path: str = ""
    other: str = ""


@dataclass
class Recording:
    """``ops`` in their order; ``faults``: what the model has no word for."""

    ops: list[Op] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    code: int | None = None


def possible() -> str | None:
    """Return why a recording cannot be made here, or None."""
    if platform.machine() != "x86_64":
        return "the recording knows the system calls of x86-64 only"
    with tempfile.TemporaryDirectory() as folder:
        try:
            told = Watched(["/bin/sh", "-c", f"echo x > {folder}/file"], Path(folder)).join()
        except (OSError, ValueError) as error:
            return f"needs seccomp listeners, which are refused here: {error}"
    if told.faults or [op.data for op in told.ops if op.kind == "write"] != [b"x\n"]:
        return f"needs to read a child's memory and descriptors, which is refused here: {told.faults}"
    return None


def _program() -> bytes:
    made = Program()
    made.load(0)
    for number in _NAMES:
        made.skip_unless_equal(number, 1)
        made.give(USER_NOTIF)
    made.give(ALLOW)
    return made.packed()


class Watched:
    """A child that executes ``argv`` under the filter; everything below ``root`` is recorded."""

    def __init__(self, argv: list[str], root: Path) -> None:
        self.recording = Recording()
        #: An errno that every write, truncate and sync of a file of ours fails with from now on, 0: none; and how many did.
        self.failing = self.failed = 0
        self._root = str(root)
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            try:
                os.setsid()
                privileges.no_new_privileges()
                fd = listener.install(_program(), listen=True)
                socket.send_fds(theirs, [b"x"], [fd])
                os.close(fd)
                os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
                os.execv(argv[0], argv)
            finally:
                os._exit(99)
        theirs.close()
        _, fds, _, _ = socket.recv_fds(ours, 1, 1)
        ours.close()
        (self._listener,) = fds
        self._pidfd = os.pidfd_open(self.pid)
        self._memory: dict[int, int] = {}
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self, number: int = signal.SIGTERM) -> Recording:
        """Signal the process, wait for its end, and return what was recorded."""
        signal.pidfd_send_signal(self._pidfd, number)
        return self.join()

    def join(self) -> Recording:
        """Wait for the process's end."""
        _, status = os.waitpid(self.pid, 0)
        self.recording.code = os.waitstatus_to_exitcode(status)
        self._thread.join(10)
        os.close(self._pidfd)
        return self.recording

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while True:
            ((_, events),) = poll.poll()
            if not events & select.POLLIN:
                break  # nobody is left under the filter
            call = listener.receive(self._listener)
            if call is not None:
                try:
                    self._one(call)
                except Exception as error:  # whatever it is, the process must not wait for ever
                    self.recording.faults.append(f"{_NAMES[call.nr]}: {error!r}")
                    listener.answer(self._listener, call, errno.EIO)
        os.close(self._listener)
        for fd in self._memory.values():
            os.close(fd)

    def _one(self, call: listener.Notification) -> None:
        name = _NAMES[call.nr]
        handler: Callable[[listener.Notification], int | None] = getattr(self, f"_do_{name}", self._do_unknown)
        try:
            value = handler(call)
        except OSError as error:
            listener.answer(self._listener, call, error.errno or errno.EIO)
            return
        if value is None:
            listener.proceed(self._listener, call)
        else:
            listener.answer(self._listener, call, 0, value)

    # Descriptors -------------------------------------------------------------------------------------------------------

    def _file(self, fd: int) -> tuple[int, str] | None:
        """Return our copy of the process's descriptor and its path, if it is a file or folder of ours; close the copy."""
        held = syscall.libc.syscall(
            ctypes.c_long(_PIDFD_GETFD), ctypes.c_long(self._pidfd), ctypes.c_long(fd & 0xFFFF_FFFF), ctypes.c_long(0)
        )
        if held < 0:
            raise OSError(errno.EBADF, "no such descriptor")
        path = os.readlink(f"/proc/self/fd/{held}").removesuffix(" (deleted)")
        mode = os.fstat(held).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or not self._ours(path):
            os.close(held)
            return None
        if self.failing:
            os.close(held)
            self.failed += 1
            raise OSError(self.failing, "as asked for")
        return held, path

    def _ours(self, path: str) -> bool:
        return (path + "/").startswith(self._root + "/") and not path.endswith(_PASSING)

    def _read(self, call: listener.Notification, address: int, count: int) -> bytes:
        if call.pid not in self._memory:
            self._memory[call.pid] = os.open(f"/proc/{call.pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(self._memory[call.pid], count, address)

    def _path(self, call: listener.Notification, address: int) -> str | None:
        """Return a path of ours that an argument names, else None."""
        data = b""
        while b"\0" not in data and len(data) < _LONGEST_PATH:
            # Up to the page's end: what follows may not be mapped.
            at = address + len(data)
            data += self._read(call, at, 4096 - at % 4096)
        path = data.partition(b"\0")[0].decode()
        return path if path.startswith("/") and self._ours(path) else None

    def _note(self, op: Op) -> None:
        self.recording.ops.append(op)

    # One method for each call: return its result, or None to let the kernel do it --------------------------------------

    def _do_pwrite64(self, call: listener.Notification) -> int | None:
        return self._write(call, call.args[3])

    def _do_write(self, call: listener.Notification) -> int | None:
        return self._write(call, None)

    def _write(self, call: listener.Notification, offset: int | None) -> int | None:
        found = self._file(call.args[0])
        if found is None:
            return None
        held, path = found
        try:
            data = self._read(call, call.args[1], call.args[2])
            if offset is None:
                appends = fcntl.fcntl(held, fcntl.F_GETFL) & os.O_APPEND
                offset = os.fstat(held).st_size if appends else os.lseek(held, 0, os.SEEK_CUR)
                done = os.write(held, data)
            else:
                done = os.pwrite(held, data, offset)
            self._note(Op("write", os.fstat(held).st_ino, offset, data[:done], path))
            return done
        finally:
            os.close(held)

    def _do_ftruncate(self, call: listener.Notification) -> int | None:
        found = self._file(call.args[0])
        if found is None:
            return None
        held, path = found
        try:
            os.ftruncate(held, call.args[1])
            self._note(Op("truncate", os.fstat(held).st_ino, call.args[1], path=path))
            return 0
        finally:
            os.close(held)

    def _do_fsync(self, call: listener.Notification) -> int | None:
        found = self._file(call.args[0])
        if found is None:
            return None
        held, path = found
        status = os.fstat(held)
        os.close(held)
        self._note(Op("syncdir" if stat.S_ISDIR(status.st_mode) else "sync", status.st_ino, path=path))
        return 0

    _do_fdatasync = _do_fsync

    def _do_open(self, call: listener.Notification) -> int | None:
        return self._open(call, call.args[0], call.args[1], call.args[2])

    def _do_openat(self, call: listener.Notification) -> int | None:
        return self._open(call, call.args[1], call.args[2], call.args[3])

    def _open(self, call: listener.Notification, address: int, flags: int, mode: int) -> int | None:
        if not flags & (os.O_CREAT | os.O_TRUNC):
            return None
        path = self._path(call, address)
        if path is None:
            return None
        if flags & os.O_TRUNC and os.path.exists(path):
            self.recording.faults.append(f"open with O_TRUNC of {path}")
        if not os.path.exists(path):
            # Made here, so that its inode is known; the kernel then opens it.
            held = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode & 0o777)
            self._note(Op("create", os.fstat(held).st_ino, path=path))
            os.close(held)
            if flags & os.O_EXCL:
                return self._hand_over(call, path, flags)
        return None

    def _hand_over(self, call: listener.Notification, path: str, flags: int) -> int:
        """Open in the process's stead: with O_EXCL it would find what was just made for it."""
        import struct

        held = os.open(path, flags & ~(os.O_EXCL | os.O_CREAT))
        try:
            # struct seccomp_notif_addfd: id u64, flags u32, srcfd u32, newfd u32, newfd_flags u32
            put = struct.pack("QIIII", call.id, 0, held, 0, flags & os.O_CLOEXEC)
            return fcntl.ioctl(self._listener, 0x4018_2103, bytearray(put))
        finally:
            os.close(held)

    def _do_mkdir(self, call: listener.Notification) -> int | None:
        path = self._path(call, call.args[0])
        if path is None:
            return None
        os.mkdir(path, call.args[1] & 0o777)
        self._note(Op("mkdir", os.stat(path).st_ino, path=path))
        return 0

    def _do_link(self, call: listener.Notification) -> int | None:
        return self._pair(call, "link", os.link)

    def _do_rename(self, call: listener.Notification) -> int | None:
        return self._pair(call, "rename", os.rename)

    def _pair(self, call: listener.Notification, kind: str, do: Callable[[str, str], None]) -> int | None:
        one, other = self._path(call, call.args[0]), self._path(call, call.args[1])
        if one is None or other is None:
            return None
        do(one, other)
        self._note(Op(kind, os.stat(other).st_ino, path=one, other=other))
        return 0

    def _do_unlink(self, call: listener.Notification) -> int | None:
        path = self._path(call, call.args[0])
        if path is None:
            return None
        os.unlink(path)
        self._note(Op("unlink", path=path))
        return 0

    def _do_sendto(self, call: listener.Notification) -> int | None:
        self._note(Op("sent", data=self._read(call, call.args[1], call.args[2])))
        return None

    def _do_unknown(self, call: listener.Notification) -> int | None:
        name = _NAMES[call.nr]
        if name in ("msync", "sendfile", "copy_file_range"):
            return None  # nothing of ours is mapped writable but the -shm file, or copied so
        if name in ("writev", "pwritev", "pwritev2", "sync_file_range"):
            found = self._file(call.args[0])
            if found is None:
                return None
            os.close(found[0])
        self.recording.faults.append(f"{name} is not in the model")
        return None


def python(code: str) -> list[str]:
    """Return the words that run ``code`` in a fresh interpreter of ours."""
    return [sys.executable, "-P", "-c", code]
