"""Control groups: find the hierarchies, make a group, enter it, limit, account, freeze and kill it, remove it.

Version 2 is always used (identity, kill, freeze, CPU time). Limits of processes and memory are its own controllers where it
has them, else those of version 1 (a *hybrid* machine), in groups of the same name. Source: cgroups(7), the kernel's
admin-guide/cgroup-v2 and admin-guide/cgroup-v1. Every function raises OSError with the path that failed.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

#: What limits and accounts are made of.
CONTROLLERS = ("pids", "memory", "cpu")
_REMOVE_TRIES, _REMOVE_STEP_S = 100, 0.01


@dataclass(frozen=True)
class Hierarchies:
    """Where groups are made: the folder in version 2, and controller -> folder for those of version 1.

    ``own``: controllers of version 2 itself that this folder can hand down.
    """

    unified: str
    legacy: dict[str, str]
    own: frozenset[str] = frozenset()

    def folders(self, parts: tuple[str, ...]) -> list[str]:
        """Return the folders in which a group with these controllers of version 1 has a part, version 2 first."""
        return list(dict.fromkeys([self.unified, *(self.legacy[name] for name in parts if name in self.legacy)]))


def find(mountinfo: str, memberships: str) -> Hierarchies | None:
    """Return the hierarchies from the texts of /proc/self/mountinfo and /proc/self/cgroup; None if there is no version 2.

    Groups of version 1 are made below our own, whose limits they keep. In version 2 a group that has processes hands no
    controller down, so there they are made at its root.
    """
    own = _memberships(memberships)
    unified, legacy = None, {}
    for line in mountinfo.splitlines():
        words = line.split(" ")
        if "-" not in words[6:] or len(words) < 10:
            continue
        dash = words.index("-", 6)
        kind, options, root, place = words[dash + 1], words[-1].split(","), _plain(words[3]), _plain(words[4])
        if kind == "cgroup2" and unified is None:
            unified = place
        elif kind == "cgroup":
            for controller in CONTROLLERS:
                if controller in options and controller not in legacy:
                    legacy[controller] = _below(place, root, own.get(controller, "/"))
    if unified is None:
        return None
    return Hierarchies(unified, legacy, frozenset(_words(f"{unified}/cgroup.controllers")) & frozenset(CONTROLLERS))


def here() -> Hierarchies | None:
    """Return the hierarchies of this machine, as this process sees them."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        mountinfo = file.read()
    with open("/proc/self/cgroup", encoding="utf-8", errors="surrogateescape") as file:
        return find(mountinfo, file.read())


def path_of(pid: int) -> str | None:
    """Return the version 2 group of a process, as seen from our cgroup namespace; None if the process is gone."""
    try:
        fd = os.open(f"/proc/{pid}/cgroup", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = os.read(fd, 8192)
    except OSError:
        return None
    finally:
        os.close(fd)
    at = text.rfind(b"0::")
    return os.fsdecode(text[at + 3 :].rstrip(b"\n")) if at >= 0 else None


def move(pid: int, doors: list[str]) -> None:
    """Move a process into groups, by their doors (:meth:`Group.doors`).

    The first move after a while waits for a grace period of the kernel's (some 10 ms); those soon after do not.
    """
    for door in doors:
        _write(door, str(pid))


class Group:
    """One group, at the same relative name in version 2 and in those hierarchies of version 1 that ``parts`` names.

    Nothing exists before :meth:`make`.
    """

    def __init__(self, hierarchies: Hierarchies, name: str, parts: tuple[str, ...] = CONTROLLERS) -> None:
        self._hierarchies = hierarchies
        self._parts = parts
        self.name = name
        self.path = f"{hierarchies.unified}/{name}"
        self._folders = [f"{folder}/{name}" for folder in hierarchies.folders(parts)]

    def child(self, name: str, parts: tuple[str, ...] | None = None) -> Group:
        """Return the group of that name in this one; ``parts`` as ours, unless given."""
        return Group(self._hierarchies, f"{self.name}/{name}", self._parts if parts is None else parts)

    def make(self, *, parent: bool = False, alone: bool = False) -> None:
        """Make the group. ``parent``: groups in it get version 2's controllers; then it may have no processes itself.

        ``alone``: only the group, never those above, which nobody would have bounded.
        """
        for folder in self._folders:
            if alone:
                os.mkdir(folder)
            else:
                os.makedirs(folder, exist_ok=True)
        if parent and self._hierarchies.own:
            words = " ".join(f"+{name}" for name in sorted(self._hierarchies.own))
            steps = self.name.split("/")
            for length in range(len(steps) + 1):
                _write("/".join([self._hierarchies.unified, *steps[:length], "cgroup.subtree_control"]), words)

    def alike(self, parts: tuple[str, ...]) -> Group:
        """Return the same group with other parts in version 1."""
        return Group(self._hierarchies, self.name, parts)

    def entrances(self, *, unified: bool = True) -> list[int]:
        """Return :meth:`ways`, open: each takes its writer in, whoever that is, when ``0`` is written to it."""
        opened: list[int] = []
        try:
            for way in self.ways(unified=unified):
                opened.append(os.open(way, os.O_WRONLY | os.O_CLOEXEC))
        except OSError:
            for fd in opened:
                os.close(fd)
            raise
        return opened

    def folder(self) -> int:
        """Return an open descriptor of the version 2 folder, for a process that is to begin in it."""
        return os.open(self.path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def ways(self, *, unified: bool = True) -> list[str]:
        """Return the files by which a process of one thread enters itself; without ``unified`` only those of version 1.

        There a single thread is moved, for that waits for nobody; in version 2 only whole processes move.
        """
        threads = [f"{folder}/tasks" for folder in self._folders[1:]]
        return [f"{self.path}/cgroup.procs", *threads] if unified else threads

    def doors(self) -> list[str]:
        """Return the files that take a process in by its number."""
        return [f"{folder}/cgroup.procs" for folder in self._folders]

    def open_to(self, gid: int) -> None:
        """Let whoever acts as ``gid`` begin processes in the version 2 group."""
        door = f"{self.path}/cgroup.procs"
        os.chown(door, -1, gid)
        os.chmod(door, 0o664)

    def take(self, pid: int) -> None:
        """Move a process into the group."""
        move(pid, self.doors())

    def identity(self) -> int:
        """Return the number by which the kernel and BPF know the group."""
        return os.stat(self.path).st_ino

    def processes(self) -> list[int]:
        """Return the processes in the group itself; none if it is gone."""
        return [int(word) for word in _words(f"{self.path}/cgroup.procs")]

    def populated(self) -> bool:
        """Say whether a process lives in the group or below."""
        return "populated 1" in _text(f"{self.path}/cgroup.events")

    def kill(self) -> None:
        """Kill everything in the group and below, forks that are under way too (Linux 5.14)."""
        _write(f"{self.path}/cgroup.kill", "1")

    def freeze(self, on: bool) -> None:
        """Stop everything in the group and below, or let it go on. :meth:`frozen` says when it stands."""
        _write(f"{self.path}/cgroup.freeze", "1" if on else "0")

    def frozen(self) -> bool:
        """Say whether everything in the group and below stands."""
        return "frozen 1" in _text(f"{self.path}/cgroup.events")

    def cpu_us(self) -> int | None:
        """Return the CPU time of everything that ever was in the group or below, microseconds."""
        for line in _text(f"{self.path}/cpu.stat").splitlines():
            name, _, value = line.partition(" ")
            if name == "usage_usec":
                return int(value)
        return None

    def memory_peak(self) -> int | None:
        """Return the most memory that the group ever had, bytes; None where no controller counts it."""
        return self._number("memory", "memory.peak", "memory.max_usage_in_bytes")

    def memory_bytes(self) -> int | None:
        """Return the memory that the group has now, bytes; None where no controller counts it."""
        return self._number("memory", "memory.current", "memory.usage_in_bytes")

    def limit_processes(self, most: int) -> bool:
        """Bound the processes and threads in the group and below; return whether a controller does it."""
        return self._limit("pids", "pids.max", "pids.max", most)

    def limit_memory(self, most: int) -> bool:
        """Bound the memory of the group and below, bytes, swap included; return whether a controller does it."""
        done = self._limit("memory", "memory.max", "memory.limit_in_bytes", most)
        for name, value in (("memory.swap.max", 0), ("memory.memsw.limit_in_bytes", most)):
            place = f"{self._part('memory') or self.path}/{name}"
            if done and os.path.exists(place):
                _write(place, str(value))
        return done

    def weigh(self, shares: int) -> bool:
        """Give the group this share of the CPU beside groups of 100; return whether a controller does it."""
        part = self._part("cpu")
        if part is not None:
            _write(f"{part}/cpu.shares", str(max(2, shares * 1024 // 100)))
            return True
        return self._limit("cpu", "cpu.weight", "cpu.weight", shares)

    def remove(self, tries: int = _REMOVE_TRIES) -> bool:
        """Remove the group and all below; return whether it is gone. Its processes must be dead or dying.

        Each try but the last is followed by a wait of 10 ms.
        """
        for left in range(tries, 0, -1):
            gone = [_remove_tree(folder) for folder in self._folders]
            if all(gone):
                return True
            if left > 1:
                time.sleep(_REMOVE_STEP_S)
        return False

    def _part(self, controller: str) -> str | None:
        folder = self._hierarchies.legacy.get(controller) if controller in self._parts else None
        return None if folder is None else f"{folder}/{self.name}"

    def _number(self, controller: str, modern: str, legacy: str) -> int | None:
        part = self._part(controller)
        text = _text(f"{self.path}/{modern}" if part is None else f"{part}/{legacy}").strip()
        return int(text) if text.isdecimal() else None

    def _limit(self, controller: str, modern: str, legacy: str, value: int) -> bool:
        part = self._part(controller)
        if part is None and controller not in self._hierarchies.own:
            return False
        _write(f"{self.path}/{modern}" if part is None else f"{part}/{legacy}", str(value))
        return True

    def leave(self) -> None:
        """Remove the group if nobody uses it any more."""
        for folder in self._folders:
            try:
                os.rmdir(folder)
            except OSError:
                pass  # others do


def _remove_tree(folder: str) -> bool:
    """Remove a folder of groups, the deepest first; their files are the kernel's and go with them."""
    try:
        with os.scandir(folder) as listing:
            below = [entry.path for entry in listing if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return True
    gone = [_remove_tree(path) for path in below]
    if not all(gone):
        return False
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _memberships(text: str) -> dict[str, str]:
    """Return controller -> our own group, from lines ``number:controllers:path``."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3:
            for controller in parts[1].split(","):
                found[controller] = parts[2]
    return found


def _below(place: str, root: str, group: str) -> str:
    """Return the folder of ``group`` where the part of a hierarchy below ``root`` is mounted at ``place``."""
    ours = root != "/" and (group == root or group.startswith(f"{root}/"))
    relative = group[len(root) :] if ours else group
    folder = f"{place}/{relative.strip('/')}".rstrip("/")
    return folder if os.path.isdir(folder) else place


def _plain(word: str) -> str:
    """Undo mountinfo's octal escapes."""
    return word.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except OSError:
        return ""


def _words(path: str) -> list[str]:
    return _text(path).split()


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode("ascii"))
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error
    finally:
        os.close(fd)
