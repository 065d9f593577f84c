"""Every row of the attack table in a real cell: stopped as told, its twin unharmed, and the guard knows who it was.

One process plays all rows (``play.py``) and writes down what they came to; each row is judged by a test of its own. Started
as root, the rows are played twice: by an ordinary user, and by root, whose cells drop to a user of their own.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

import vigiles

HERE = Path(__file__).parent
SOURCE = Path(vigiles.__path__[0]).parent
PACKAGES = Path(msgspec.__path__[0]).parent
NOBODY = 65534
GRAVE = ("high", "critical")


def _load(name: str) -> ModuleType:
    """Import a neighbour by its path: the test run does not put this folder on the path."""
    spec = importlib.util.spec_from_file_location(f"in_a_cell_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


ROWS = {row.name: row for row in _load("table").ROWS}
judged = _load("judged")
WHO = ("an ordinary user", "root") if os.geteuid() == 0 else ("the user",)
Results = Callable[[str, str], Any]


def _interpreter(who: str) -> str:
    """Return a Python that this user may execute; the one of the tests may lie in root's home."""
    if who != "an ordinary user":
        return sys.executable
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = shutil.which(name, path="/usr/local/bin:/usr/bin")
    if found is None:
        pytest.skip(f"needs a {name} that every user may execute")
    return found


def _play(who: str, folder: Path) -> dict[str, Any]:
    for tool in ("ssh", "ssh-keygen", "git"):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    if shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin") is None:
        pytest.skip("needs sshd")
    python, more = _interpreter(who), {}
    if who == "an ordinary user":
        os.chown(folder, NOBODY, NOBODY)
        more = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONPATH"] = f"{SOURCE}:{PACKAGES}"
    command = [python, "-P", "-m", "vigiles.drills.world.enter", "--", python, str(HERE / "play.py"), str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=170, check=False, env=environment, cwd="/", **more
    )  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    played = msgspec.json.decode((folder / "result.json").read_bytes(), type=list[judged.Played])
    return {row.row: row for row in played}


@pytest.fixture(scope="session")
def results() -> Iterator[Results]:
    """Play for a user when first asked, and keep what came of it."""
    folders: list[str] = []
    known: dict[str, dict[str, Any]] = {}

    def result(who: str, name: str) -> Any:
        if who not in known:
            folders.append(tempfile.mkdtemp(prefix="va", dir="/tmp"))
            os.chmod(folders[-1], 0o755)
            known[who] = _play(who, Path(folders[-1]))
        return known[who][name]

    yield result
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def refusals(played: Any) -> list[Any]:
    """Return the observations of something refused on the network, whoever's they are."""
    marks = ("refused", "egress_", "dns_")
    network = ("Connect", "Flow", "DnsQuery")
    return [one for one in played.seen if one.kind in network and any(mark in one.outcome for mark in marks)]


def planted(played: Any) -> set[str]:
    """Return the paths that ``plant.py`` says it wrote."""
    return set(ast.literal_eval(played.attack.detail.removeprefix("wrote ")))


@pytest.mark.cell
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", ROWS)
def test_the_attack_ends_as_told_and_its_twin_works(results: Results, who: str, name: str) -> None:
    row, played = ROWS[name], results(who, name)
    assert played.error == ""
    assert played.twin.worked is True, played.twin.detail
    if row.outcome == "ended":
        assert (played.attack.worked, played.attack.error) == (None, "budget_memory"), played.attack.detail
    else:
        assert played.attack.worked is (row.outcome != "refused"), played.attack.detail
    if row.outcome != "residual":
        assert played.arrived == []
        assert played.left == []
    assert played.ended_by is None
    assert played.alive, "no further call was done in this cell"
    twins_calls = {played.twin.call, played.beside, None} - {played.attack.call}
    against = [one for one in played.findings if one.severity in GRAVE and one.call in twins_calls]
    assert against == [], "a grave finding against honest work, or against nobody"
    # The kernel may take another address than the one that was judged; in tier R it says so.
    may = {played.attack.call} if who == "root" and "disagreement" in row.as_root else set()
    assert {one.call for one in played.seen if one.disagreement} <= may


@pytest.mark.cell
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", [row.name for row in ROWS.values() if row.found])
def test_an_attempt_on_the_network_is_on_record_and_found_with_its_call(results: Results, who: str, name: str) -> None:
    row, played = ROWS[name], results(who, name)
    refused = refusals(played)
    assert {(one.call, one.grade) for one in refused} == {(played.attack.call, "exact")}, refused
    found = [one for one in played.findings if one.call == played.attack.call]
    assert {one.detector for one in found} & set(row.found), played.findings
    assert all(one.call == played.attack.call for one in played.findings if one.severity in GRAVE)


@pytest.mark.cell
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", ["c reverse ssh through the allowed host", "j Stratum through the allowed host"])
def test_a_tunnel_through_the_allowed_host_is_refused_and_grave(results: Results, who: str, name: str) -> None:
    grave = [one for one in results(who, name).findings if one.severity in GRAVE and one.blocked]
    assert {one.detector for one in grave} >= {*ROWS[name].found, "denied_egress"}


@pytest.mark.cell
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", [row.name for row in ROWS.values() if row.unseen])
def test_what_nobody_tells_us_of_is_not_seen(results: Results, who: str, name: str) -> None:
    """The day this fails is a good one: give the row its ``found``."""
    played = results(who, name)
    if who == "root" and ROWS[name].as_root:
        assert {one.detector for one in played.findings if one.call == played.attack.call} == set(ROWS[name].as_root)
        return
    assert refusals(played) == []
    assert [one for one in played.findings if one.call == played.attack.call] == []


@pytest.mark.cell
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", [row.name for row in ROWS.values() if row.outcome == "held"])
def test_what_is_held_did_not_reach_the_host(results: Results, who: str, name: str) -> None:
    played = results(who, name)
    wanted = planted(played)
    assert wanted <= set(played.held)
    assert wanted.isdisjoint(played.changed)
    assert [path for path in played.changed if path == ".git" or path.startswith(".git/")] == []


@pytest.mark.cell
@pytest.mark.parametrize("who", WHO)
def test_build_files_are_reported_with_their_call(results: Results, who: str) -> None:
    played = results(who, "l Makefile and other build files")
    by_path = {Path(one.what).name: one for one in played.seen if one.kind == "FileChange" and "build" in one.flags}
    for path in planted(played):
        assert by_path[path].call == played.attack.call
        assert by_path[path].grade in ("exact", "inferred")


@pytest.mark.cell
@pytest.mark.parametrize("who", WHO)
def test_a_daemon_outlives_its_call_known_as_its_own_and_never_its_episode(results: Results, who: str) -> None:
    played = results(who, "a daemon outlives its call")
    assert played.outlived == 1
    assert played.left == []
    starts = [one for one in played.seen if one.kind == "ProcessStart" and "daemon-" in one.what and " -c " in one.what]
    assert {(one.call, one.grade) for one in starts} == {(played.attack.call, "exact")}


@pytest.mark.cell
@pytest.mark.parametrize("who", WHO)
def test_a_program_behind_a_mebibyte_of_arguments_is_on_record(results: Results, who: str) -> None:
    played = results(who, "o a mebibyte of arguments")
    started = [one for one in played.seen if one.kind == "ProcessStart" and one.what.startswith("/bin/echo /bin/echo big-")]
    assert [(one.call, one.grade, one.outcome) for one in started] == [(played.attack.call, "exact", "exec")]


@pytest.mark.cell
@pytest.mark.parametrize("who", WHO)
def test_a_flood_of_programs_is_recorded_or_counted(results: Results, who: str) -> None:
    played = results(who, "o 600 programs in 2 s")
    flood = [one for one in played.seen if one.kind == "ProcessStart" and "flood-" in one.what and one.outcome == "exec"]
    assert {one.call for one in flood} == {played.twin.call, played.attack.call}
    assert len([one for one in flood if one.call == played.attack.call]) + sum(played.gaps.values()) >= 600


@pytest.mark.cell
@pytest.mark.parametrize("who", WHO)
def test_flows_beyond_the_limit_are_counted(results: Results, who: str) -> None:
    # How many: half of the attempts are dropped at once, and the door need not have seen those.
    assert results(who, "o the door used up").gaps["flow_limit"] > 10


@pytest.mark.cell
@pytest.mark.parametrize("who", WHO)
def test_no_flow_is_taken_for_another_calls(results: Results, who: str) -> None:
    played = results(who, "o another call's source port")
    stolen = [one for one in played.seen if one.kind == "Flow" and one.what.startswith("stolen-")]
    assert len(stolen) >= 20
    assert {one.call for one in stolen} == {played.attack.call}
    assert played.gaps["flow_limit"] > 0, "the door was never full, so nothing was tried"


def test_every_attempt_on_the_network_is_found_or_says_why_it_cannot_be() -> None:
    assert [row.name for row in ROWS.values() if row.found and row.unseen] == []
    networked = [row for row in ROWS.values() if row.name[:2] in ("a ", "b ", "c ", "d ", "j ") and row.outcome == "refused"]
    assert [row.name for row in networked if not (row.found or row.unseen)] == []
