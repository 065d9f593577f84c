"""The probe in a real cell (everything is stopped), and outside one (it says so)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest

from vigiles.cell import messages, probe, wire
from vigiles.cell.attempt import Attempt, breaches, read_report
from vigiles.cell.attempts.files import OWN_ROOT
from vigiles.cell.spec import CallSpec, CellSpec
from vigiles.model.cell import ProbeResult

SOURCE = Path(probe.__file__).parents[2]
PACKAGES = Path(msgspec.__file__).parents[1]
NOBODY = 64123

IN_THE_CELL = """
import os, sys, time
from vigiles.cell import probe
sys.meta_path.clear()  # a forked child of init sees no file of ours: an import there would be the end
before = time.perf_counter()
report = probe.report(full=False)
took = time.perf_counter() - before
os.write(1, probe.report(full=True) + b"\\n" + str(took).encode())
"""


class Cell:
    """A real launcher and one cell of it, without a door."""

    def __init__(self, workdir: Path) -> None:
        ours, theirs = wire.pair()
        command = [sys.executable, "-m", "vigiles.cell.launcher", str(theirs.fileno())]
        environment = {**os.environ, "PYTHONPATH": f"{SOURCE}:{PACKAGES}"}
        self.launcher = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment)
        theirs.close()
        root = os.getuid() == 0
        spec = CellSpec(
            run="run",
            episode="episode",
            uid=NOBODY if root else os.getuid(),
            gid=NOBODY if root else os.getgid(),
            host_root=root,
            workdir=str(workdir),
            workdir_mode="overlay",
            read=[sys.base_prefix, str(SOURCE), str(PACKAGES)],
            network=False,
        )
        wire.send(ours, messages.Make(token=1, spec=spec))
        made, descriptors = wire.receive(ours, messages.from_launcher)
        assert isinstance(made, messages.Made), made
        self._sockets = [ours, *(socket.socket(fileno=fd) for fd in descriptors)]
        self._init = self._sockets[1]
        up, inherited = wire.receive(self._init, messages.from_init)
        assert isinstance(up, messages.CellUp)
        for fd in inherited:
            os.close(fd)
        self.workdir = str(workdir)

    def run(self, argv: list[str], *, built_in: bool = False) -> bytes:
        """Run one call (or the built-in probe) to its end; return what it wrote."""
        reader, writer = os.pipe()
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{SOURCE}:{PACKAGES}"}
        call = CallSpec(
            call=1,
            argv=[os.fsencode(word) for word in argv],
            environment={os.fsencode(name): os.fsencode(value) for name, value in environment.items()},
            cwd=os.fsencode(self.workdir),
            probe=built_in,
        )
        wire.send(self._init, messages.Launch(call=call), [0, writer, 2])
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            return file.read()

    def close(self) -> None:
        for sock in self._sockets:
            sock.close()
        self.launcher.wait(timeout=10)


@pytest.fixture(scope="module")
def in_a_cell(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[ProbeResult], float]:
    cell = Cell(tmp_path_factory.mktemp("work"))
    try:
        output = cell.run([os.path.realpath(sys.executable), "-c", IN_THE_CELL])
    finally:
        cell.close()
    report, took = output.split(b"\n")
    return read_report(report), float(took)


@pytest.mark.cell
@pytest.mark.parametrize("name", [one.name for one in probe.FULL])
def test_in_a_cell_every_attempt_is_stopped(in_a_cell: tuple[list[ProbeResult], float], name: str) -> None:
    results = {result.name: result for result in in_a_cell[0]}
    assert results[name].stopped, results[name]


@pytest.mark.cell
@pytest.mark.parametrize(("which", "attempts"), [("cheap", probe.CHEAP), ("full", probe.FULL)])
def test_inits_own_child_finds_the_same(tmp_path: Path, which: str, attempts: tuple[Attempt, ...]) -> None:
    cell = Cell(tmp_path)
    try:
        results = read_report(cell.run([which], built_in=True))
    finally:
        cell.close()
    assert [result.name for result in results] == [one.name for one in attempts]
    assert breaches(results) == []


@pytest.mark.cell
def test_root_insides_own_attempts_are_known_from_others(tmp_path: Path) -> None:
    """In a cell that is not root inside they find what is different there, so they do find something."""
    cell = Cell(tmp_path)
    try:
        results = {one.name: one for one in read_report(cell.run(["cheap", "own root"], built_in=True))}
    finally:
        cell.close()
    assert {one.name for one in OWN_ROOT} <= set(results)
    assert {"write in /", "write in /etc", "write in /usr", "become uid 0"} & set(results) == set()
    assert [one.name for one in breaches(results.values())] == ["write in /dev"]  # by Landlock there, by the mount here


@pytest.mark.cell
def test_the_cheap_attempts_are_fast(in_a_cell: tuple[list[ProbeResult], float]) -> None:
    assert in_a_cell[1] < 0.05  # about 2 ms on an idle machine


def _outside(code: str) -> list[ProbeResult]:
    """Run the probe in a child without walls, but in a network namespace of its own so that nothing can leave."""
    script = f"""
import os
from vigiles.cell import probe  # before the identity changes: the interpreter may lie where only root looks
from vigiles.kernel import namespaces, loopback
uid, gid = os.geteuid(), os.getegid()
if uid == 0:
    namespaces.unshare(namespaces.NEWNET)
    loopback.bring_up()
    os.setgroups([]); os.setresgid({NOBODY}, {NOBODY}, {NOBODY}); os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
else:
    namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNET)
    namespaces.map_self(uid, uid, gid, gid)
    loopback.bring_up()
{code}
"""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=30, env=environment, check=True)
    return read_report(done.stdout)


@pytest.mark.cell
def test_without_walls_the_probe_says_so() -> None:
    results = {result.name: result for result in _outside("os.write(1, probe.report(full=True))")}
    assert len(results) == len(probe.FULL)
    for name in ("clone3", "io_uring_setup", "int 0x80", "second listener", "open_tree", "TIOCSTI", "process_vm_readv"):
        assert not results[name].stopped, results[name]
    assert results["UDP send outside"].stopped  # the namespace has no route: that wall does stand


def test_names_are_unique() -> None:
    assert len({one.name for one in probe.FULL}) == len(probe.FULL)


@pytest.mark.asroot
@pytest.mark.skipif(os.getuid() != 0, reason="starts as root and becomes an ordinary user")
def test_an_ordinary_users_cell_stops_everything_too() -> None:
    python = shutil.which(f"python{sys.version_info.major}.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin")
    if python is None:
        pytest.skip("no Python of this version that every user may execute")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chown(folder, NOBODY, NOBODY)
        code = f"""
import os, pathlib, sys
sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(SOURCE)!r}, {str(PACKAGES)!r}]
import test_probe
cell = test_probe.Cell(pathlib.Path({folder!r}))
os.write(1, cell.run([os.path.realpath(sys.executable), "-c", test_probe.IN_THE_CELL]))
cell.close()
"""
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{SOURCE}:{PACKAGES}"}
        done = subprocess.run(
            [python, "-c", code],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            env=environment,
            cwd="/",
            capture_output=True,
            timeout=30,
        )
    assert done.returncode == 0, done.stderr.decode()
    results = read_report(done.stdout.split(b"\n")[0])
    assert len(results) == len(probe.FULL)
    assert breaches(results) == []
