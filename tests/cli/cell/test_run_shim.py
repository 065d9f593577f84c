"""Inside `vigiles run`: a shell that the agent starts is a call of its own, and nobody can tell it from a shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.act import Act
from vigiles.model.observation.process import ProcessStart
from vigiles.model.result import Result

pytestmark = pytest.mark.cell

EXITS = """
import subprocess, sys
say = lambda *words: print(*words, flush=True)
run = subprocess.run
say(run("exit 7", shell=True).returncode)
say(run(["bash", "-c", "exit 8"]).returncode)
say(run(["/bin/sh", "-c", "kill -TERM $$"]).returncode)
say(run("no-such-command 2>/dev/null", shell=True).returncode)
say(run(["sh"], input=b"echo from stdin; exit 9").returncode)
say(run(["sh", "-c", 'echo "$0 $1"', "zero", "one two"], capture_output=True, text=True).stdout.strip())
"""
PLACE = """
import os, subprocess
os.makedirs("below", exist_ok=True)
os.umask(0o027)
os.environ["GIVEN"] = "value"
print(subprocess.run("pwd; umask; echo $GIVEN $MISSING; echo >&2 err", shell=True, cwd="below", capture_output=True))
print(subprocess.run("touch made; stat -c %a made", shell=True, capture_output=True).stdout)
"""
SIGNALS = """
import signal, subprocess, sys, time
trap = "trap 'echo got; exit 5' TERM; echo ready; while :; do sleep 0.05; done"
process = subprocess.Popen(["sh", "-c", trap], stdout=subprocess.PIPE, text=True)
print(process.stdout.readline().strip())
process.terminate()
print(process.stdout.readline().strip(), process.wait(10))
process = subprocess.Popen("exec sleep 73.25", shell=True)
time.sleep(0.5)
process.kill()
print(process.wait(10))
time.sleep(0.5)
left = subprocess.run("ps ax | grep -c '[s]leep 73.25'", shell=True, capture_output=True, text=True)
print("left", left.stdout.strip())
process = subprocess.Popen("sleep 74.25; echo not reached", shell=True, start_new_session=True)
time.sleep(0.5)
import os
os.killpg(process.pid, signal.SIGINT)
print(process.wait(10))
"""
MANY = """
import subprocess
shells = [subprocess.Popen(f"sleep 0.2; echo {n}; exit {n}", shell=True, stdout=subprocess.PIPE) for n in range(30)]
outputs = [shell.communicate(timeout=60)[0] for shell in shells]
assert [int(output) for output in outputs] == list(range(30)), outputs
assert [shell.returncode for shell in shells] == list(range(30)), [shell.returncode for shell in shells]
print("all")
"""
#: A process of a tool call that would like to do something as another call; the agent itself may ask.
ASKS = """
import array, json, os, socket, sys
sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
sock.settimeout(5)
sock.connect("/run/vigiles/call.sock")
request = {"argv": ["sh", "-c", "echo smuggled > smuggled"], "cwd": os.getcwd(), "environment": {"PATH": "/usr/bin:/bin"},
           "umask": 18}
data = json.dumps(request).encode()
rights = array.array("i", [0, 1, 2]).tobytes()
try:
    sock.sendmsg([len(data).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    sock.sendall(data)
except BrokenPipeError:
    print("not read")
print("answer", sock.recv(200))
"""


@pytest.fixture
def ran(vigiles: Any, script: Any, shared_home: Path) -> Callable[..., tuple[list[str], list[Any]]]:
    """Run an agent; return its lines and what was recorded."""

    def run(text: str, *more: str) -> tuple[list[str], list[Any]]:
        done = vigiles("run", "--json", "--", *script(text), *more)
        *said, line = done.stderr.decode().splitlines()
        assert done.returncode == 0, said
        with LedgerReader(shared_home) as reader:
            records = [record for _, record in reader.records(run=json.loads(line)["run"])]
        return done.stdout.decode().splitlines(), records

    return run


def test_exit_codes_signals_arguments_and_input_are_those_of_a_shell(ran: Any) -> None:
    lines, records = ran(EXITS)
    assert lines == ["7", "8", "-15", "127", "from stdin", "9", "zero one two"]
    acts = [record for record in records if isinstance(record, Act)]
    assert [act.process.via for act in acts if act.process] == ["agent", *["shim"] * 6]
    assert [act.process.argv[:2] for act in acts if act.process][1:3] == [["sh", "-c"], ["bash", "-c"]]
    results = {record.act: record for record in records if isinstance(record, Result)}
    codes = [(results[act.id].exit_code, results[act.id].signal) for act in acts]
    assert codes == [(0, None), (7, None), (8, None), (None, 15), (127, None), (9, None), (0, None)]


def test_each_shells_processes_carry_its_own_tag(ran: Any) -> None:
    one_each = "import subprocess\nfor name in ('id', 'env', 'true'): subprocess.run(f'/usr/bin/{name}; :', shell=True)\n"
    _, records = ran(one_each)
    starts = [record for record in records if isinstance(record, ProcessStart)]
    by_name = {record.exe.rsplit("/", 1)[-1]: record.attribution for record in starts}
    assert [(by_name[name].grade, by_name[name].call) for name in ("id", "env", "true")] == [
        ("exact", 2),
        ("exact", 3),
        ("exact", 4),
    ]
    assert {record.attribution.call for record in starts if "agent.py" in record.argv} == {1}


def test_folder_umask_and_environment_are_the_callers(ran: Any) -> None:
    (place, made), _ = ran(PLACE)
    assert "/below\\n0027\\nvalue\\n" in place
    assert "stderr=b'err\\n'" in place
    assert made == "b'640\\n'"


def test_signals_reach_the_shell_and_a_killed_shell_is_dead(ran: Any) -> None:
    lines, _ = ran(SIGNALS)
    assert lines == ["ready", "got 5", "-9", "left 0", "-2"]


def test_thirty_shells_at_once(ran: Any) -> None:
    lines, records = ran(MANY)
    assert lines == ["all"]
    assert len([record for record in records if isinstance(record, Act)]) == 31


def test_a_tool_calls_own_process_gets_no_call_from_the_shims_socket(ran: Any, workdir: Path) -> None:
    (workdir / "asks.py").write_text(ASKS)
    lines, records = ran("import subprocess, sys\nsubprocess.run(f'{sys.executable} -IS asks.py', shell=True)\n")
    assert "refused by the rules" in lines[-1]
    assert not (workdir / "smuggled").exists()
    assert len([record for record in records if isinstance(record, Act)]) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        'b"\\xff\\xff\\xff\\xff"',
        'b"\\0\\0\\0\\x02{}"',
        'b"\\0\\0\\0\\x04null"',
        'b""',
    ],
)
def test_nonsense_on_the_shims_socket_hurts_nobody(ran: Any, spoil: str) -> None:
    lines, records = ran(
        "import socket, subprocess\n"
        "sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)\n"
        "sock.connect('/run/vigiles/call.sock')\n"
        f"sock.sendmsg([{spoil}], [])\n"
        "sock.shutdown(socket.SHUT_WR)\n"
        "sock.settimeout(15)\n"
        "try: print(sock.recv(10), flush=True)\n"
        "except ConnectionResetError: print(b'', flush=True)\n"
        "subprocess.run('echo fine', shell=True)\n"
    )
    assert lines == ["b''", "fine"]
    assert len([record for record in records if isinstance(record, Act)]) == 2


def test_a_command_line_need_not_be_text(ran: Any) -> None:
    lines, _ = ran(
        "import subprocess\nprint(subprocess.run([b'sh', b'-c', b'echo \\xff | od -An -tx1'], capture_output=True))"
    )
    assert "b' ff 0a\\n'" in lines[0]


@pytest.mark.parametrize("first", ["#!/bin/bash", "#!/bin/sh", "#!/usr/bin/env bash"])
def test_an_agent_that_is_a_shell_script(vigiles: Any, workdir: Path, shared_home: Path, first: str) -> None:
    text = f'{first}\necho "mine $1"\nsh -c "echo inner; exit 4"\necho $?\nx=$(bash -c "echo sub")\necho $x\nexit 6\n'
    (workdir / "agent.sh").write_text(text)
    (workdir / "agent.sh").chmod(0o755)
    done = vigiles("run", "--json", "--", "./agent.sh", "word")
    assert (done.returncode, done.stdout.decode().split("\n")) == (6, ["mine word", "inner", "4", "sub", ""])
    assert json.loads(done.stderr)["calls"] == 3


def test_an_agent_that_is_a_command_line(vigiles: Any) -> None:
    done = vigiles("run", "--json", "--", "bash", "-c", "sh -c 'echo inner'; echo outer")
    assert done.stdout == b"inner\nouter\n"
    assert json.loads(done.stderr)["calls"] == 2
