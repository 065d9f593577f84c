"""An agent that attacks the shim's socket harms nobody but itself: the run can be stopped, and honest shells go on."""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.act import Act
from vigiles.model.result import Result
from vigiles.runtime.serving import control

pytestmark = [pytest.mark.cell, pytest.mark.alone]

ASK = """
import array, json, os, socket, subprocess, sys, threading, time
GOOD = dict(argv=["sh", "-c", "sleep 60"], cwd=os.getcwd(), environment={"PATH": "/usr/bin:/bin"}, umask=18)
def ask(request, sent=None):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect("/run/vigiles/call.sock")
    data = request if isinstance(request, bytes) else json.dumps(request).encode()
    rights = array.array("i", [0, 1, 2]).tobytes()
    sock.sendmsg([len(data).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    sock.sendall(data if sent is None else data[:sent])
    return sock
if os.fork():  # the agent's first process itself would be told to become a shell
    raise SystemExit(os.waitstatus_to_exitcode(os.wait()[1]))
"""
FLOOD = (
    ASK
    + """
def flood(sock):
    block = b'{"signal": 28}\\n' * 20000
    while True:
        try:
            sock.sendall(block)
        except OSError:
            return
for _ in range(4):
    threading.Thread(target=flood, args=(ask(GOOD),), daemon=True).start()
time.sleep(1)
print("flooding", flush=True)
time.sleep(25)
"""
)
HALF = (
    ASK
    + """
kept = []
def more():
    while True:
        try:
            kept.append(ask(b"x" * 1000, sent=500))
        except OSError:
            time.sleep(0.01)
threading.Thread(target=more, daemon=True).start()
time.sleep(1.5)
print("held", flush=True)
time.sleep(25)
"""
)
ONCE = (
    ASK
    + """
kept = []
def more():
    for _ in range(100):
        kept.append(ask(b"x" * 1000, sent=500))
threading.Thread(target=more, daemon=True).start()
time.sleep(0.5)
print(subprocess.run("echo honest", shell=True, capture_output=True, text=True).stdout.strip(), flush=True)
"""
)
NONSENSE = (
    ASK
    + """
bad = [
    dict(GOOD, argv=[]), dict(GOOD, argv=["sh\\0x"]), dict(GOOD, cwd="/\\0"), dict(GOOD, umask=2**70),
    dict(GOOD, umask=0o1000), dict(GOOD, umask=-1), dict(GOOD, umask=True), dict(GOOD, environment={"A": "\\0"}),
    dict(GOOD, argv=["sh", "\\u1234"]), dict(GOOD, more=1), {}, [], b"\\xff" * 20,
]
odd = [
    dict(GOOD, argv=[""]), dict(GOOD, environment={"": "x", "A=B": "y"}, argv=["sh", "-c", ":"]),
    dict(GOOD, cwd="/no/such/folder"), dict(GOOD, argv=["sh", "x" * 2_000_000]), dict(GOOD, argv=["no-such-program"]),
]
def answer(request):
    sock = ask(request)
    sock.settimeout(10)
    try:
        return sock.recv(300)
    except ConnectionResetError:
        return b""
print(*[answer(request) for request in bad], sep="\\n")
print("--")
print(*[answer(request) for request in odd], sep="\\n")
"""
)


def stop_time(home: Path) -> float:
    (run,) = control.live(home)
    started = time.monotonic()
    assert control.stop(home, run)
    return time.monotonic() - started


def test_a_run_is_stopped_at_once_while_signals_flood(start: Any, script: Any, shared_home: Path) -> None:
    process = start("run", "--quiet", "--", *script(FLOOD))
    assert process.stdout.readline() == b"flooding\n"
    took = stop_time(shared_home)
    process.wait(10)
    assert took < 1


def test_half_requests_hold_few_descriptors_and_a_run_is_stopped_at_once(start: Any, script: Any, shared_home: Path) -> None:
    process = start("run", "--quiet", "--", *script(HALF))
    assert process.stdout.readline() == b"held\n"
    # Four for each of the 64 that are heard at once, and our own, which as root are BPF programs, maps and links too.
    assert len(os.listdir(f"/proc/{process.pid}/fd")) < 64 * 4 + (90 if os.geteuid() == 0 else 40)
    took = stop_time(shared_home)
    process.wait(10)
    assert took < 1


def test_an_honest_shell_waits_for_half_requests_to_be_thrown_out(vigiles: Any, script: Any) -> None:
    done = vigiles("run", "--quiet", "--", *script(ONCE))
    assert (done.returncode, done.stdout) == (0, b"honest\n"), done.stderr


def test_a_request_is_whole_or_not_and_each_act_has_a_result(vigiles: Any, script: Any, shared_home: Path) -> None:
    done = vigiles("run", "--json", "--", *script(NONSENSE))
    refused, _, odd = done.stdout.decode().partition("--\n")
    assert refused.split() == ["b''"] * 13
    answers = odd.splitlines()
    assert len(answers) == 5
    assert all("code" in answer for answer in answers), answers
    (line,) = done.stderr.decode().splitlines()[-1:]
    assert b"Traceback" not in done.stderr
    with LedgerReader(shared_home) as reader:
        records = [record for _, record in reader.records(run=json.loads(line)["run"])]
    acts = [record.id for record in records if isinstance(record, Act)]
    assert len(acts) == 6
    assert sorted(record.act for record in records if isinstance(record, Result)) == sorted(acts)


def test_only_the_supervisor_may_hold_more_descriptors(start: Any, script: Any, short_folder: Callable[[str], Path]) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    profile = short_folder("profile")
    (profile / "profile.toml").write_text('name = "bare"\n[egress]\nmode = "none"\n')
    (profile / "rules.cedar").write_text('@id("all") permit (principal, action, resource);\n')
    look = "import resource, time; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], flush=True); time.sleep(20)"

    def low() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))

    process = start("run", "--quiet", "--profile", str(profile), "--", *script(look), preexec_fn=low)
    assert int(process.stdout.readline()) == 300
    assert limit_of(process.pid) == str(hard)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert {limit_of(int(child)) for child in children} == {"300"}


def limit_of(pid: int) -> str:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("Max open files")]
    return line.split()[3]
