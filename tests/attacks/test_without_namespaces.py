"""The table's programs in cells of tier U-, as an ordinary user on a machine that makes no user namespaces.

The host's network is the cell's there; a drill's network namespace stands for it, with all servers that help an attack.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from vigiles.cell.bare.init import LEAST_ABI
from vigiles.kernel import landlock

pytestmark = pytest.mark.cell

HERE = Path(__file__).parent
WITHOUT_SPACES = HERE.parent / "cell" / "bare" / "without_spaces.py"
GRAVE = ("high", "critical")


def _load(name: str) -> ModuleType:
    """Import a neighbour by its path: the test run does not put this folder on the path."""
    spec = importlib.util.spec_from_file_location(f"without_namespaces_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


judged = _load("judged")
_NEIGHBOUR = "the other call's program meets others at an abstract socket, which there is not"
#: Rows that say nothing here, and why; the threat model tells what tier U- leaves open.
NOT_HERE = {
    "g a Unix socket in the work directory": "a work directory that holds a socket is refused before the start",
    "i the cell's first process": "nobody is process 1; tests/cell/bare/killed.py is about init",
    "TIOCSTI": "/dev/ptmx is closed",
    "a from a process closed to watchers": "what the notifier cannot read does not run",
    "h fork bomb 1500": "counted for the whole user: tests/cell/bare/play.py has a smaller one",
    "h 3 GiB memory, memfd": "a size of files would hold in the work directory too",
    "o kill everything, process 1 too": "tests/cell/bare/play.py signals everybody",
    "h the private disk filled": "it is the host's own disk",
    "o another call's source port": _NEIGHBOUR,
    "o memory of another call": _NEIGHBOUR,
    "o environment of another call": _NEIGHBOUR,
    "o an open file of another call": _NEIGHBOUR,
    "o the tag of another call": _NEIGHBOUR,
}
ROWS = {
    row.name: row
    for row in _load("table").ROWS
    if row.outcome == "refused" and row.face == "api" and row.name not in NOT_HERE
}
#: Their twin does what this tier has not: files in /tmp, abstract sockets, a list of interfaces.
NO_TWIN = {
    "f write outside", "g docker.sock, other Unix sockets", "n abstract Unix socket", "raw, packet and netlink sockets",
}  # fmt: skip
#: Refused by seccomp, which tells nobody, where tier U has a resolver that records.
UNSEEN = {"b DNS through the cell's resolver"}


@pytest.fixture(scope="session")
def played(short_folder: Callable[[str], Path]) -> Callable[[], dict[str, Any]]:
    """Play all rows once."""

    def play() -> dict[str, Any]:
        if landlock.abi() < LEAST_ABI:
            pytest.skip(f"Landlock ABI {LEAST_ABI} is needed (Linux 6.12)")
        for tool in ("ssh", "ssh-keygen", "git"):
            if shutil.which(tool) is None:
                pytest.skip(f"needs {tool}")
        if shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin") is None:
            pytest.skip("needs sshd")
        folder, python = short_folder("a"), [sys.executable, "-P"]
        enter = [*python, "-m", "vigiles.drills.world.enter", "--", *python, str(WITHOUT_SPACES)]
        command = [*enter, sys.executable, str(HERE / "play.py"), str(folder), "--bare", *ROWS]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False, env=environment, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr
        rows = msgspec.json.decode((folder / "result.json").read_bytes(), type=list[judged.Played])
        return {row.row: row for row in rows}

    return lru_cache(maxsize=1)(play)


@pytest.mark.parametrize("name", ROWS)
def test_the_attack_is_refused(played: Callable[[], dict[str, Any]], name: str) -> None:
    row = played()[name]
    assert row.error == ""
    assert row.attack.worked is False, row.attack.detail
    assert not row.attack.detail.startswith(("ModuleNotFoundError", "ImportError", "KeyError", "TypeError", "NameError"))
    assert (row.arrived, row.left, row.ended_by) == ([], [], None)
    assert row.alive, "no further call was done in this cell"


@pytest.mark.parametrize("name", sorted(set(ROWS) - NO_TWIN))
def test_its_honest_twin_works(played: Callable[[], dict[str, Any]], name: str) -> None:
    row = played()[name]
    assert row.twin.worked is True, row.twin.detail
    assert [one for one in row.findings if one.severity in GRAVE and one.call in (row.twin.call, None)] == []


@pytest.mark.parametrize("name", [row.name for row in ROWS.values() if row.found and row.name not in UNSEEN])
def test_the_attempt_is_found_on_its_own_call(played: Callable[[], dict[str, Any]], name: str) -> None:
    row = played()[name]
    by = {one.detector for one in row.findings if one.call == row.attack.call}
    assert by & set(ROWS[name].found), by


@pytest.mark.parametrize("name", ["d Stratum, host's loopback", "d a server on the host's loopback"])
def test_a_try_at_the_host_s_loopback_is_found_here(played: Callable[[], dict[str, Any]], name: str) -> None:
    row = played()[name]
    assert "denied_egress" in {one.detector for one in row.findings if one.call == row.attack.call}


def test_flows_beyond_the_limit_are_counted(played: Callable[[], dict[str, Any]]) -> None:
    assert played()["o the door used up"].gaps["flow_limit"] > 10


def test_every_row_that_is_left_out_is_in_the_table() -> None:
    assert set(NOT_HERE) | NO_TWIN | UNSEEN <= {row.name for row in _load("table").ROWS}
