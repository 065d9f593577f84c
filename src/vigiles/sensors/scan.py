"""Which processes a cell has, and whose each one is.

A process carries the UTS namespace of the call that it was born in; so does every fork, also one that never executes
anything and makes no call we listen to. Source: proc(5) for stat, io and NSpid, namespaces(7).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from vigiles.kernel import pidfd, processes
from vigiles.model.plain import text
from vigiles.model.response import ProcessSnapshot

Mark = Callable[[str], int | None]
_TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")
_ARGV_BYTES = 4096
_ARGV_WORDS = 64
#: Resident pages (64 MiB of 4 KiB ones) from which on a process is asked what they are.
_MUCH_PAGES = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One process as one scan saw it. ``pid`` with ``started`` (clock ticks since boot) is unique.

    ``inner``: its pid inside the cell. ``call``: by its UTS tag; None for a process that carries no call's tag.
    ``own_us``: user plus system time of its threads; ``waited_us``: of the children that it has waited for. ``io_bytes``:
    bytes through read and write calls, its waited-for children's too; None where the kernel does not tell. ``memory_bytes``:
    of its own and of shared memory that is no file's, as far as it lies in memory; 0 for a process that has little.
    ``group_call``: the call by its control group; None where calls have none or its group is no call's.
    """

    pid: int
    ppid: int
    inner: int
    started: int
    call: int | None
    state: str
    comm: str
    exe: str
    argv: tuple[str, ...]
    own_us: int
    waited_us: int
    io_bytes: int | None
    memory_bytes: int = 0
    group_call: int | None = None

    @property
    def key(self) -> tuple[int, int]:
        """Return what names this process for ever."""
        return self.pid, self.started


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanResult:
    """One scan: all processes, parents before children, those not seen before, and those seen before that are gone.

    ``mono_us``: when, as the caller said.
    """

    mono_us: int
    processes: list[Seen]
    new: list[Seen] = field(default_factory=list)
    gone: list[Seen] = field(default_factory=list)

    def snapshots(self) -> list[ProcessSnapshot]:
        """Return the process tree as a freeze records it.

        Of a zombie that was met as one neither tag nor program can be read: it is whose parent has yet to wait for it.
        """
        calls = {p.pid: p.group_call if p.call is None else p.call for p in self.processes}
        return [
            ProcessSnapshot(
                pid=p.pid,
                ppid=p.ppid,
                call=calls.get(p.ppid) if calls[p.pid] is None and p.state in "ZX" else calls[p.pid],
                exe=p.exe,
                argv=list(p.argv),
                cpu_us=p.own_us,
                state=p.state,
            )
            for p in self.processes
        ]

    def living_calls(self) -> set[int]:
        """Return the calls that have a process which still runs (a zombie does not)."""
        return {p.call for p in self.processes if p.call is not None and p.state not in "ZX"}


class Scanner:
    """Scans one cell. ``init_pid``: its process 1 on the host. ``calls``: UTS inode -> call, kept current by its owner.

    ``groups``: the number of a control group -> call, likewise; empty where calls have none. ``mark``: says what a process
    carries that ``calls`` knows: in tier U- not its UTS tag, but its call's keeper. ``members``: returns the processes,
    where they are not those below one that is known.
    """

    def __init__(
        self,
        init_pid: int,
        calls: Mapping[int, int],
        groups: Mapping[int, int] | None = None,
        mark: Mark = processes.uts_tag,
        members: Callable[[], list[int]] | None = None,
    ) -> None:
        self._init = init_pid
        self._members = members
        self._mark = mark
        self._calls = calls
        self._groups = groups if groups is not None else {}
        self._last: dict[tuple[int, int], Seen] = {}
        self._by_pid: dict[int, Seen] = {}
        stat = _stat(init_pid)
        self._init_started = stat.started if stat is not None else None

    def scan(self, stamp_us: int) -> ScanResult:
        """Return the processes below init now; none once init is gone. ``stamp_us``: the monotonic time, for the result."""
        found: dict[tuple[int, int], Seen] = {}
        init = _stat(self._init) if self._members is None else None
        if self._members is not None:
            for pid in self._members():
                self._see(pid, found)
        elif init is not None and init.started == self._init_started:
            for pid in processes.descendants(self._init):
                self._see(pid, found)
            # A process whose parent died during the walk may have been passed over: it is gone only if it is gone.
            for key, last in self._last.items():
                if key not in found and _is(last):
                    self._see(last.pid, found)
        new = [seen for key, seen in found.items() if key not in self._last]
        gone = [seen for key, seen in self._last.items() if key not in found]
        self._last = found
        self._by_pid = {seen.pid: seen for seen in found.values()}
        return ScanResult(mono_us=stamp_us, processes=list(found.values()), new=new, gone=gone)

    def _see(self, pid: int, found: dict[tuple[int, int], Seen]) -> None:
        stat = _stat(pid)
        if stat is None:
            return
        last = self._by_pid.get(pid)
        if last is not None and last.started != stat.started:
            last = None
        place = str(pid)
        if stat.state in "ZX" and stat.threads > 1:
            # Its first thread has ended, and with it all that /proc/PID shows; the others work on.
            thread = _living_thread(pid)
            if thread is not None:
                place, state = thread
                stat = replace(stat, state=state)
        if stat.state in "ZX" and last is not None:
            # What a zombie was can no longer be read; what it used can.
            seen = replace(last, ppid=stat.ppid, state=stat.state, own_us=stat.own_us, waited_us=stat.waited_us)
            if seen.call is None and seen.group_call is None:  # met before it became a call's, and its group outlives it
                seen = replace(seen, group_call=self._group_call(pid))
        else:
            seen = self._look(pid, place, stat, last)
            if last is None and seen.call is None and seen.group_call is None and not _is(seen):
                return  # it ended while it was looked at, so nothing was learnt of it; what it used, init tells
        found[seen.key] = seen

    def _group_call(self, pid: int) -> int | None:
        return self._groups.get(pidfd.identity(pid).group) if self._groups else None

    def _look(self, pid: int, place: str, stat: _Stat, last: Seen | None) -> Seen:
        call = last.call if last is not None else None
        group_call = last.group_call if last is not None else None
        if call is None:  # a tag, once worn, cannot be changed: the cell may make no namespaces
            tag = self._mark(place)
            call = self._calls.get(tag) if tag is not None else None
            group_call = self._group_call(pid)
        if last is not None and last.comm == stat.comm and last.call is not None:
            exe, argv, inner = last.exe, last.argv, last.inner
        else:
            exe, argv = _image(place, stat.comm)
            inner = last.inner if last is not None else _inner(pid)
        return Seen(
            pid=pid,
            ppid=stat.ppid,
            inner=inner,
            started=stat.started,
            call=call,
            state=stat.state,
            comm=stat.comm,
            exe=exe,
            argv=argv,
            own_us=stat.own_us,
            waited_us=stat.waited_us,
            io_bytes=_io(place),
            memory_bytes=_memory(place),
            group_call=group_call,
        )


@dataclass(frozen=True, slots=True)
class _Stat:
    comm: str
    state: str
    ppid: int
    own_us: int
    waited_us: int
    started: int
    threads: int


def _read(path: str, size: int = 4096) -> bytes | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(fd, size)
    except OSError:
        return None
    finally:
        os.close(fd)


def _stat(pid: int) -> _Stat | None:
    raw = _read(f"/proc/{pid}/stat")
    return parse_stat(raw) if raw else None


def parse_stat(raw: bytes) -> _Stat | None:
    """Read /proc/PID/stat; None if it is not one. The name in it is the process's own choice, parentheses and all."""
    opened, closed = raw.find(b"("), raw.rfind(b")")
    words = raw[closed + 1 :].split()
    if opened < 0 or closed < opened or len(words) < 20:
        return None
    try:
        user, system, waited_user, waited_system = (int(word) for word in words[11:15])
        return _Stat(
            comm=text(raw[opened + 1 : closed]),
            state=words[0].decode("ascii"),
            ppid=int(words[1]),
            own_us=(user + system) * _TICK_US,
            waited_us=(waited_user + waited_system) * _TICK_US,
            started=int(words[19]),
            threads=int(words[17]),
        )
    except ValueError:
        return None


def _is(seen: Seen) -> bool:
    stat = _stat(seen.pid)
    return stat is not None and stat.started == seen.started


def _living_thread(pid: int) -> tuple[str, str] | None:
    """Return the place below /proc and the state of a thread that still runs."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return None
    for thread in threads:
        raw = _read(f"/proc/{pid}/task/{thread}/stat")
        stat = parse_stat(raw) if raw else None
        if stat is not None and stat.state not in "ZX":
            return f"{pid}/task/{thread}", stat.state
    return None


def _image(place: str, comm: str) -> tuple[str, tuple[str, ...]]:
    """Return the executable's path as seen in the cell and the argument vector, cut; the kernel's name if there is none."""
    try:
        exe = text(os.fsencode(os.readlink(f"/proc/{place}/exe")))
    except OSError:
        exe = ""
    raw = _read(f"/proc/{place}/cmdline", _ARGV_BYTES) or b""
    words = raw.rstrip(b"\0").split(b"\0") if raw else []
    return exe, tuple(text(word) for word in words[:_ARGV_WORDS]) or (comm,)


def _inner(pid: int) -> int:
    """Return the pid inside the innermost pid namespace, 0 if unknown."""
    for line in (_read(f"/proc/{pid}/status") or b"").splitlines():
        if line.startswith(b"NSpid:"):
            return int(line.split()[-1])
    return 0


def _memory(place: str) -> int:
    """Return the bytes of private and shared anonymous memory; asked for only where there is much, for it is dear."""
    sizes = (_read(f"/proc/{place}/statm") or b"").split()
    if len(sizes) < 2 or int(sizes[1]) < _MUCH_PAGES:
        return 0
    total = 0
    for line in (_read(f"/proc/{place}/status") or b"").splitlines():
        if line.startswith((b"RssAnon:", b"RssShmem:", b"VmSwap:")):
            total += int(line.split()[1]) * 1024
    return total


def _io(place: str) -> int | None:
    raw = _read(f"/proc/{place}/io")
    if not raw:
        return None
    total = 0
    for line in raw.splitlines():
        if line.startswith((b"rchar:", b"wchar:")):
            total += int(line.split()[1])
    return total
