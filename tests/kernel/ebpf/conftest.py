"""Real cgroup directories, real programs in the kernel, and children that act inside."""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vigiles.kernel import syscall
from vigiles.kernel.ebpf import libbpf
from vigiles.kernel.ebpf.programs import BTF, Programs
from vigiles.model.errors import ControlUnavailable

_COUNT = itertools.count()


def _mount() -> Path | None:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        words = line.split()
        if "cgroup2" in words[words.index("-") :]:
            return Path(words[4])
    return None


@pytest.fixture(scope="session")
def loadable() -> None:
    """Skip where programs cannot be loaded, and say what is missing."""
    if os.geteuid():
        pytest.skip("needs root to load BPF programs")
    if not BTF.exists():
        pytest.skip(f"needs {BTF}")
    try:
        libbpf.library()
    except ControlUnavailable as error:
        pytest.skip(f"needs libbpf1: {error}")


class Group:
    """One cgroup v2 directory; ``id`` is its inode number."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.id = path.stat().st_ino

    def enter(self) -> None:
        """Move the calling process in."""
        (self.path / "cgroup.procs").write_text("0")

    def child(self, name: str) -> Group:
        return Group(self.path / name)


def _remove(path: Path) -> None:
    if not path.exists():
        return
    (path / "cgroup.kill").write_text("1")
    for folder in sorted((one for one in path.rglob("*") if one.is_dir()), reverse=True):
        _remove_one(folder)
    _remove_one(path)


def _remove_one(path: Path) -> None:
    for _ in range(500):
        try:
            path.rmdir()
            return
        except OSError:
            time.sleep(0.01)
    path.rmdir()


@pytest.fixture
def top(loadable: None) -> Iterator[Group]:
    """A directory that is removed, with all that is in it, at the end."""
    mount = _mount()
    if mount is None:
        pytest.skip("needs a cgroup v2 mount")
    group = Group(mount / f"vigiles-ebpf-{os.getpid()}-{next(_COUNT)}")
    yield group
    _remove(group.path)


@pytest.fixture
def call(top: Group) -> Group:
    """The directory of a call, not yet named."""
    return top.child("call")


@pytest.fixture
def programs(loadable: None) -> Iterator[Programs]:
    with Programs() as loaded:
        yield loaded


@pytest.fixture
def attached(programs: Programs, top: Group) -> Programs:
    """The programs, attached at ``top``."""
    fd = os.open(top.path, os.O_RDONLY | os.O_DIRECTORY)
    programs.attach(fd)
    os.close(fd)
    return programs


@pytest.fixture
def inside() -> Callable[..., Any]:
    """Run a function in a forked child that has moved into a group; return (its pid, what it returned)."""

    def run(group: Group, function: Callable[[], Any]) -> Any:
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            code = 1
            try:
                os.close(reader)
                group.enter()
                os.write(writer, json.dumps({"value": function()}).encode())
                code = 0
            except BaseException:
                os.write(writer, json.dumps({"failed": traceback.format_exc()}).encode())
            finally:
                os._exit(code)
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            said = json.loads(file.read())
        os.waitpid(pid, 0)
        assert "failed" not in said, said["failed"]
        return pid, said["value"]

    return run


@pytest.fixture
def at_home() -> Iterator[Callable[[Callable[[], None]], Callable[[], None]]]:
    """Return, for something that the parent alone can do, what has it done when a forked child calls it, once."""
    pipes: list[tuple[int, int]] = []
    threads: list[threading.Thread] = []

    def made(step: Callable[[], None]) -> Callable[[], None]:
        asked, done = os.pipe(), os.pipe()
        pipes.extend((asked, done))

        def serve() -> None:
            if os.read(asked[0], 1) == b"x":
                step()
                os.write(done[1], b"x")

        def ask() -> None:
            os.write(asked[1], b"x")
            os.read(done[0], 1)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return ask

    yield made
    for asked, _ in zip(pipes[::2], pipes[1::2], strict=True):
        os.write(asked[1], b"-")
    for thread in threads:
        thread.join()
    for fd in (fd for pipe in pipes for fd in pipe):
        os.close(fd)


#: What bpf(2) gives a descriptor for, by id: the command's number.
_BY_ID = {"prog_id": 13, "map_id": 14, "link_id": 30}


class Objects:
    """What of BPF a process holds, and what of it the kernel still has."""

    def held(self, pid: int | str = "self") -> set[tuple[str, int]]:
        """Return (kind, id) of every program, map and link behind the descriptors of a process."""
        found = set()
        for name in os.listdir(f"/proc/{pid}/fdinfo"):
            try:
                lines = Path(f"/proc/{pid}/fdinfo/{name}").read_text().splitlines()
            except OSError:
                continue
            found |= {(kind, int(line.split()[1])) for line in lines for kind in _BY_ID if line.startswith(f"{kind}:")}
        return found

    def alive(self, known: set[tuple[str, int]]) -> set[tuple[str, int]]:
        """Return those of ``known`` that the kernel still has."""
        return {one for one in known if self._exists(*one)}

    def _exists(self, kind: str, number: int) -> bool:
        attributes = ctypes.create_string_buffer(struct.pack("=I", number), 64)
        try:
            os.close(syscall.call("bpf", _BY_ID[kind], attributes, 64))
        except FileNotFoundError:
            return False
        return True

    def gone(self, known: set[tuple[str, int]]) -> bool:
        """Say whether all end soon: the kernel frees them a moment after the last holder."""
        end = time.monotonic() + 10
        while self.alive(known):
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True


@pytest.fixture
def objects() -> Objects:
    return Objects()


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a Python program of ours that talks over its pipes; it is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def begin(program: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-c", program, *arguments]
        # What it must not hold is kept from it by close-on-exec alone.
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, close_fds=False)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()
