"""Signals to `vigiles run` are the agent's, and when it dies nothing of the agent lives on."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cell

LISTENS = """
import os, signal, time
def got(number, _):
    os.write(1, (signal.Signals(number).name + chr(10)).encode())
    os._exit(40)
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"):
    signal.signal(getattr(signal, name), got)
print("ready", flush=True)
time.sleep(30)
"""
LEAVES = """
import subprocess, sys, time
subprocess.Popen(["sleep", "{mark}"])
subprocess.Popen(["setsid", "sleep", "{mark}"])
subprocess.Popen("sleep {mark}; true", shell=True)
subprocess.Popen("setsid sleep {mark} & true", shell=True)
time.sleep(0.5)
print("ready", flush=True)
time.sleep(30)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"])
def test_a_signal_reaches_the_agent_whose_code_is_passed_on(start: Any, script: Any, name: str) -> None:
    process = start("run", "--quiet", "--", *script(LISTENS))
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(getattr(signal, name))
    assert process.wait(10) == 40
    assert process.stdout.read() == f"{name}\n".encode()
    assert process.stderr.read() == b""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_agent_that_does_not_listen_dies_of_it(start: Any, name: str) -> None:
    process = start("run", "--quiet", "--", "sh", "-c", "echo ready; sleep 30")
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.3)  # dash loses a SIGINT that comes while it forks, in a cell or not
    process.send_signal(getattr(signal, name))
    assert process.wait(10) == 128 + getattr(signal, name)


REACHES = """
import socket, time
try: socket.create_connection(("169.254.169.254", 80), timeout=2)
except OSError: pass
time.sleep(60)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_frozen_run_is_ended_by_a_signal_as_its_message_says(
    start: Any, script: Any, short_folder: Callable[[str], Path], name: str
) -> None:
    profile = short_folder("profile")
    (profile / "profile.toml").write_text(
        'extends = "coding-agent"\nname = "freezing"\n[responses.detectors]\nmetadata = { high = ["freeze"] }\n'
    )
    process = start("run", "--profile", str(profile), "--", *script(REACHES))
    told = b""
    while b"Ctrl-C here" not in told:
        line = process.stderr.readline()
        assert line, told
        told += line
    process.send_signal(getattr(signal, name))
    assert process.wait(10) == 109
    assert b"the episode was ended (stopped)" in process.stderr.read()


def test_a_signal_while_it_starts_does_not_leave_anything(
    start: Any, processes_with: Callable[[str], list[int]], wait_for: Callable[..., None]
) -> None:
    for delay in (0.1, 0.2, 0.3, 0.4):
        process = start("run", "--quiet", "--", "sleep", "75.25")
        time.sleep(delay)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) != 0
    wait_for(lambda: not processes_with("75.25"), 5)


@pytest.mark.parametrize("whom", ["run", "launcher"])
def test_a_violent_death_kills_everything(
    start: Any, script: Any, whom: str, processes_with: Callable[[str], list[int]], wait_for: Callable[..., None]
) -> None:
    mark = {"run": "76.25", "launcher": "77.25"}[whom]
    process = start("run", "--quiet", "--", *script(LEAVES.format(mark=mark)))
    assert process.stdout.readline() == b"ready\n"
    assert len(processes_with(mark)) >= 4
    victim = process.pid if whom == "run" else launcher_of(process.pid)
    os.kill(victim, signal.SIGKILL)
    assert process.wait(10) not in (0, None)
    wait_for(lambda: not processes_with(mark), 5)
    wait_for(lambda: not Path(f"/proc/{victim}").exists(), 5)


def launcher_of(pid: int) -> int:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if b"vigiles.cell.launcher" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise AssertionError("no launcher")


def test_an_ordinary_end_kills_what_the_agent_left(
    vigiles: Any, processes_with: Callable[[str], list[int]], wait_for: Callable[..., None]
) -> None:
    leave = "import subprocess as s; s.Popen(['setsid', 'sleep', '78.25']); s.run('setsid sleep 78.25 &', shell=True)"
    started = time.monotonic()
    assert vigiles("run", "--quiet", "--", sys.executable, "-ISc", leave).returncode == 0
    assert time.monotonic() - started < 10
    wait_for(lambda: not processes_with("sleep\x0078.25"), 5)
