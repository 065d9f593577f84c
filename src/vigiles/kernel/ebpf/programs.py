"""The programs in the kernel: load, name calls, attach, take events, let go.

Nothing is pinned: programs, maps and links live as long as this process holds them, and no longer. A forked child gives up
its copies at once.
"""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from vigiles.kernel import forks
from vigiles.kernel.ebpf import events, libbpf
from vigiles.model.errors import ControlUnavailable

OBJECT = Path(__file__).with_name("attribution.bpf.o")
#: Where the kernel keeps its own type information, by which the object is fitted to it.
BTF = Path("/sys/kernel/btf/vmlinux")
#: Bytes of the ring buffer. One payer's share is an eighth: some 4,300 events that nobody has taken yet.
RING_BYTES = 1 << 22

_EVERYWHERE = ("vigiles_fork", "vigiles_exec", "vigiles_exit")
_BELOW = ("vigiles_socket", "vigiles_conn4", "vigiles_conn6", "vigiles_send4", "vigiles_send6", "vigiles_egress")
_REMEDIES = {
    errno.EPERM: "run as root (CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN), where the kernel lets BPF programs in",
    errno.EBADF: "give the descriptor of a cgroup v2 directory",
    errno.ENOMEM: "free some memory of the kernel",
}
_DAMAGED = "install vigiles again, in one piece"
_OTHER = "use Linux 5.15 or later, built with CONFIG_BPF_EVENTS and CONFIG_CGROUP_BPF; if it is, report this line"


class Counts(msgspec.Struct, frozen=True, gc=False):
    """What is counted for a call: bytes (IP headers included) and packets sent, and events lost for want of room."""

    bytes: int
    packets: int
    lost: int


class _Call(ctypes.Structure):
    """``struct call`` of the source."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("token", "bytes", "packets", "lost", "payer", "since", "used")]


class Attachment:
    """Programs at work at one place; :meth:`close` takes them off."""

    def __init__(self) -> None:
        self._links: list[int] = []

    def add(self, link: int) -> None:
        """Take over a link of libbpf."""
        self._links.append(link)

    @property
    def closed(self) -> bool:
        """Whether nothing is left of it."""
        return not self._links

    def close(self) -> None:
        """Take the programs off. Again: nothing."""
        while self._links:
            libbpf.library().bpf_link__destroy(self._links.pop())


class Programs:
    """All programs, loaded; those of processes are at work from the start, those of sockets where :meth:`attach` says.

    Raises :class:`ControlUnavailable` if libbpf, the kernel's type information or the right to load is missing. One thread
    only. ``ring_bytes``: a power of two, at least a page.
    """

    def __init__(self, ring_bytes: int = RING_BYTES) -> None:
        self._taken: list[bytes] = []
        self._limit = 0
        self._attachments: list[Attachment] = []
        self._object = self._ring = 0
        self._calls = self._lost = -1
        if not BTF.exists():
            raise ControlUnavailable("bpf", f"there is no {BTF}", "use a kernel built with CONFIG_DEBUG_INFO_BTF")
        self._library = libbpf.library()
        forks.let_go(self._forked)
        libbpf.said()
        try:
            self._load(ring_bytes)
        except OSError as error:
            self.close()
            raise _unavailable(error) from error

    def _load(self, ring_bytes: int) -> None:
        self._object = libbpf.open_object(OBJECT.read_bytes(), "vigiles")
        ring = libbpf.present(self._library.bpf_object__find_map_by_name(self._object, b"ring"), "find the ring buffer")
        libbpf.checked(self._library.bpf_map__set_max_entries(ring, ring_bytes), "size the ring buffer")
        libbpf.checked(self._library.bpf_object__load(self._object), "load the programs")
        self._calls, self._lost = self._map(b"calls"), self._map(b"lost")
        self._ring, self._callback = libbpf.ring(self._map(b"ring"), self._take)
        self._attachments.append(everywhere := Attachment())
        for name in _EVERYWHERE:
            everywhere.add(libbpf.present(self._library.bpf_program__attach(self._program(name)), f"attach {name}"))

    def _map(self, name: bytes) -> int:
        found = libbpf.present(self._library.bpf_object__find_map_by_name(self._object, name), f"find {name.decode()}")
        return libbpf.checked(self._library.bpf_map__fd(found), f"open {name.decode()}")

    def _program(self, name: str) -> int:
        if not self._object:
            raise OSError(errno.EBADF, "these programs are closed, or were loaded by the process that forked this one")
        return libbpf.present(self._library.bpf_object__find_program_by_name(self._object, name.encode()), f"find {name}")

    def attach(self, cgroup_fd: int) -> Attachment:
        """Watch the sockets of a cgroup v2 directory and all below it. The descriptor is not needed afterwards.

        A socket belongs where it was made; one directory above all calls is enough, and a second attachment below it would
        report everything twice. Raises :class:`ControlUnavailable`.
        """
        attachment = Attachment()
        try:
            for name in _BELOW:
                link = self._library.bpf_program__attach_cgroup(self._program(name), cgroup_fd)
                attachment.add(libbpf.present(link, f"attach {name}"))
        except OSError as error:
            attachment.close()
            raise _unavailable(error) from error
        self._attachments = [*(one for one in self._attachments if not one.closed), attachment]
        return attachment

    def assign(self, cgroup_id: int, token: int, *, payer: int = 0) -> None:
        """Name a cgroup v2 directory (its inode number): what is in and below it makes events that carry ``token``.

        Its counts begin at zero. ``payer``: another directory that has a name, whose share of the ring is used; so a flood
        from all calls of one cell costs that cell's events and no other's. Without it the call has a share of its own.
        Raises ValueError for a token outside 1 .. 2**64 - 1, OSError (E2BIG) beyond 65,536 calls.
        """
        if not 0 < token < 1 << 64:
            raise ValueError(f"a token is between 1 and 2**64 - 1, not {token}")
        value = _Call(token=token, payer=payer)
        key = ctypes.c_uint64(cgroup_id)
        result = self._library.bpf_map_update_elem(self._calls, ctypes.byref(key), ctypes.byref(value), 0)
        libbpf.checked(result, f"name cgroup {cgroup_id}")

    def forget(self, cgroup_id: int) -> Counts:
        """Make an end of a name; return the last counts (zeros if it had none)."""
        try:
            counts = self.counts(cgroup_id)
        except KeyError:
            return Counts(0, 0, 0)
        key = ctypes.c_uint64(cgroup_id)
        libbpf.checked(self._library.bpf_map_delete_elem(self._calls, ctypes.byref(key)), f"forget cgroup {cgroup_id}")
        return counts

    def counts(self, cgroup_id: int) -> Counts:
        """Return what is counted so far. Raises KeyError for a directory without a name."""
        value = _Call()
        key = ctypes.c_uint64(cgroup_id)
        result = self._library.bpf_map_lookup_elem(self._calls, ctypes.byref(key), ctypes.byref(value))
        if result == -errno.ENOENT:
            raise KeyError(cgroup_id)
        libbpf.checked(result, f"look up cgroup {cgroup_id}")
        return Counts(value.bytes, value.packets, value.lost)

    def egress_bytes(self, cgroup_id: int) -> int:
        """Return the bytes sent by the sockets of a call, IP headers included. Raises KeyError as :meth:`counts` does."""
        return self.counts(cgroup_id).bytes

    def lost(self) -> int:
        """Return how many events, of all calls, found no room since the programs were loaded."""
        value = ctypes.c_uint64()
        key = ctypes.c_uint32(0)
        result = self._library.bpf_map_lookup_elem(self._lost, ctypes.byref(key), ctypes.byref(value))
        libbpf.checked(result, "count what was lost")
        return value.value

    def fileno(self) -> int:
        """Return a descriptor that is readable while there are events; for an event loop, not to be read."""
        return libbpf.checked(self._library.ring_buffer__epoll_fd(self._open_ring()), "find the descriptor")

    def events(self, limit: int = 4096) -> list[events.Event]:
        """Return what has happened, oldest first, without waiting; at most ``limit``, the rest next time.

        Raises :class:`~vigiles.kernel.ebpf.events.EventInvalid` if object and package do not fit.
        """
        self._limit = limit
        result = self._library.ring_buffer__consume(self._open_ring())
        taken, self._taken = self._taken, []
        if result != -errno.EAGAIN:
            libbpf.checked(result, "read the ring buffer")
        return [events.decode(data) for data in taken]

    def _open_ring(self) -> int:
        if not self._ring:
            raise OSError(errno.EBADF, "the programs are closed")
        return self._ring

    def _take(self, data: bytes) -> bool:
        self._taken.append(data)
        return len(self._taken) < self._limit

    def close(self) -> None:
        """Take everything out of the kernel. Again: nothing."""
        for attachment in self._attachments:
            attachment.close()
        self._attachments.clear()
        if self._ring:
            self._library.ring_buffer__free(self._ring)
        if self._object:
            self._library.bpf_object__close(self._object)
        self._object = self._ring = 0
        self._calls = self._lost = -1

    def _forked(self) -> None:
        self.close()  # of links too it closes the descriptors only: the parent's programs stay at work

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def cgroup_id(path: str | int) -> int:
    """Return the id of a cgroup v2 directory, given its path or a descriptor. Raises OSError."""
    return os.stat(path).st_ino


def _unavailable(error: OSError) -> ControlUnavailable:
    """Say in one line what was refused, with libbpf's first word on it."""
    lines = libbpf.said()
    why = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    if lines:
        why += f" ({lines[0]})"
    number = error.errno or 0
    damaged = error.filename or number >= libbpf.OWN_ERRORS
    return ControlUnavailable("bpf", why, _DAMAGED if damaged else _REMEDIES.get(number, _OTHER))
