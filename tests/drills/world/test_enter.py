"""The world's namespace, made for real: as whoever runs the tests, and as an ordinary user when that is root."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vigiles.drills.world import enter, process
from vigiles.model.errors import InputInvalid

LOOK = """
import json, os, socket
from pathlib import Path
def reach(address, port):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect((address, port))
            return "connected"
        except OSError as error:
            return error.__class__.__name__ if error.errno != 101 else "unreachable"
listener = socket.create_server(("203.0.113.30", 443))
print(json.dumps({
    "uid": os.geteuid(),
    "interfaces": [name for _, name in socket.if_nameindex()],
    "own": reach("203.0.113.30", 443),
    "quiet": reach("203.0.113.55", 443),
    "outside": reach("192.0.2.1", 80),
    "capabilities": [l.split()[1] for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("CapEff")][0],
}))
"""


def in_world(*argv: str, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "vigiles.drills.world.enter", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, **options)


@pytest.mark.cell
def test_a_world_holds_its_addresses_and_leads_nowhere():
    done = in_world("--", sys.executable, "-c", LOOK)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["interfaces"] == ["lo"]
    assert (seen["own"], seen["quiet"], seen["outside"]) == ("connected", "ConnectionRefusedError", "unreachable")
    assert seen["uid"] == os.geteuid()
    if os.geteuid() != 0:
        assert int(seen["capabilities"], 16) == 0


@pytest.mark.cell
@pytest.mark.asroot
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs a Python that every user can run")
def test_an_ordinary_user_needs_no_capability():
    source, packages = Path(enter.__file__).parents[3], Path(pytest.__file__).parents[1]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{source}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"}
    account = pwd.getpwnam("daemon")
    command = ["/usr/bin/python3", "-m", "vigiles.drills.world.enter", "--", "/usr/bin/python3", "-c", LOOK]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=False, cwd="/", env=environment,
        user=account.pw_uid, group=account.pw_gid, extra_groups=[],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["uid"], int(seen["capabilities"], 16)) == (account.pw_uid, 0)
    assert (seen["own"], seen["outside"]) == ("connected", "unreachable")


@pytest.mark.cell
@pytest.mark.parametrize("argv", [(), ("--",), ("true",)])
def test_nothing_to_run_is_said_in_one_line(argv: tuple[str, ...]):
    done = in_world(*argv)
    assert done.returncode == InputInvalid.exit_code
    assert "Traceback" not in done.stderr
    assert "what to do" in done.stderr


@pytest.mark.cell
def test_a_command_that_is_not_there_and_an_exit_code():
    assert "cannot run '/no/such'" in in_world("--", "/no/such").stderr
    assert in_world("--", "sh", "-c", "exit 7").returncode == 7


@pytest.mark.cell
def test_the_command_dies_with_its_parent(tmp_path: Path):
    mark = tmp_path / "pid"
    inner = f"import os, time, pathlib; pathlib.Path({str(mark)!r}).write_text(str(os.getpid())); time.sleep(60)"
    outer = (
        "import subprocess, sys, time\n"
        "enter = [sys.executable, '-P', '-m', 'vigiles.drills.world.enter', '--']\n"
        f"subprocess.Popen([*enter, sys.executable, '-c', {inner!r}])\n"
        "time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", outer])
    try:
        wait_for(lambda: mark.exists() and mark.read_text() != "")
    finally:
        parent.kill()
        parent.wait()
    pid = int(mark.read_text())
    wait_for(lambda: not Path(f"/proc/{pid}").exists() or ") Z " in Path(f"/proc/{pid}/stat").read_text())


def wait_for(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_servers_refuse_to_start_outside_a_world(tmp_path: Path):
    if enter.inside():
        pytest.skip("this test runs inside a world")
    with pytest.raises(InputInvalid, match="not inside"), process.running(tmp_path):
        pass
