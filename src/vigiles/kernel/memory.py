"""Other processes' memory. Source: process_vm_readv(2), and proc(5) for /proc/PID/mem.

The first refuses pages that may be written or executed but not read; the kernel's own reads of arguments do not, so such
pages are read through the second. What is read may change at any moment: its owner's other threads, and whoever shares
it, write on.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import struct
from collections.abc import Sequence

from vigiles.kernel import syscall

_readv = syscall.libc.process_vm_readv
_readv.restype = ctypes.c_ssize_t
_readv.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]
PAGE = 4096
#: One system call takes no more pieces than these (IOV_MAX).
MOST_PIECES = 1024
_VECTOR = struct.Struct("PN")


class Reader:
    """A buffer made once, for whoever reads often. ``size``: the most bytes of one read."""

    def __init__(self, size: int) -> None:
        # Zero pages of the kernel's until something is read into them: most of a large buffer is never used.
        room = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._buffer = ctypes.c_char.from_buffer(room)
        self._bytes = memoryview(room)
        self._size = size

    def gather(self, pid: int, pieces: Sequence[tuple[int, int]]) -> bytes:
        """Return the bytes at these (address, length), joined; fewer where a page is not there. Raises OSError.

        One system call. The lengths together are at most the buffer's size.
        """
        size = sum([length for _, length in pieces])
        if size > self._size or len(pieces) > MOST_PIECES:
            raise ValueError(f"{size} bytes in {len(pieces)} pieces; {self._size} in {MOST_PIECES} fit")
        local = _VECTOR.pack(ctypes.addressof(self._buffer), size)
        remote = b"".join([_VECTOR.pack(address, length) for address, length in pieces])
        got: int = _readv(pid, local, 1, remote, len(pieces), 0)
        if got == size:
            return bytes(self._bytes[:got])
        error = ctypes.get_errno() if got < 0 else 0
        data = bytes(self._bytes[: max(0, got)])
        if error in (0, errno.EFAULT):
            data += _forced(pid, pieces, len(data))
        if not data:
            raise OSError(error or errno.EFAULT, "process_vm_readv")
        return data

    def words(self, pid: int, addresses: Sequence[int], size: int) -> list[bytes]:
        """Return what stands at each address, up to ``size`` bytes, cut at the first NUL. Raises OSError.

        One system call, and one more for each that goes on behind its page; stops at the first address that cannot be read.
        """
        pieces = [(address, min(size, PAGE - address % PAGE)) for address in addresses]
        raw, found, at = self.gather(pid, pieces), [], 0
        for _, length in pieces:
            if at >= len(raw):
                break
            found.append(raw[at : at + length].split(b"\0", 1)[0])
            at += length
        for index, (word, (address, length)) in enumerate(zip(found, pieces, strict=False)):
            if len(word) == length < size:
                try:
                    found[index] += self.gather(pid, [(address + length, size - length)]).split(b"\0", 1)[0]
                except OSError:
                    pass  # the next page is not there
        return found


def _forced(pid: int, pieces: Sequence[tuple[int, int]], skip: int) -> bytes:
    """Return what follows the first ``skip`` bytes of the pieces, up to the first page that is not there."""
    data = b""
    try:
        fd = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return data
    try:
        for address, length in pieces:
            if skip >= length:
                skip -= length
                continue
            wanted, start, skip = length - skip, address + skip, 0
            part = os.pread(fd, wanted, start)
            data += part
            if len(part) < wanted:
                break
    except (OSError, OverflowError):
        pass
    finally:
        os.close(fd)
    return data


def read(pid: int, address: int, size: int) -> bytes:
    """Return up to ``size`` bytes at ``address``; fewer if a page is not there. Raises OSError."""
    return Reader(size).gather(pid, [(address, size)])
