"""An agent that becomes a shell, as version managers' wrappers do, stays the agent: call 1, whose shells are calls."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.act import Act

pytestmark = pytest.mark.cell

AGENT = """
import os, subprocess, sys
print(sys.argv[1:], os.environ["KEPT"], oct(os.umask(0)), flush=True)
for n in range(2): subprocess.run(f"echo shell {n}", shell=True)
raise SystemExit(7)
"""


@pytest.fixture
def wrapped(workdir: Path) -> dict[str, str]:
    """A folder of wrappers before the rest of PATH: python3 is a script that executes a script that executes Python."""
    folder = workdir / "shims"
    folder.mkdir()
    outer, inner = folder / "python3", folder / "manager"
    outer.write_text(f'#!/bin/bash\nset -e\nexport KEPT="a b"\numask 027\nexec "{inner}" exec "$@"\n')
    inner.write_text(f'#!/usr/bin/env bash\nshift\nexec {sys.executable} -IS "$@"\n')
    for path in (outer, inner):
        path.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_a_wrapper_of_wrappers_is_still_the_agent(
    vigiles: Any, workdir: Path, wrapped: dict[str, str], shared_home: Path
) -> None:
    (workdir / "agent.py").write_text(AGENT)
    done = vigiles("run", "--json", "--", "python3", "agent.py", "one two", "", env=wrapped)
    assert done.stdout.decode().splitlines() == ["['one two', ''] a b 0o27", "shell 0", "shell 1"], done.stderr
    assert done.returncode == 7
    report = json.loads(done.stderr)
    assert report["calls"] == 3
    with LedgerReader(shared_home) as reader:
        acts = [record for _, record in reader.records(run=report["run"]) if isinstance(record, Act)]
    assert [act.process.via for act in acts if act.process] == ["agent", "shim", "shim"]


@pytest.mark.parametrize("shell", ["sh", "bash", "/bin/sh"])
def test_a_shell_in_the_agents_own_place_has_its_name_environment_and_signals(
    vigiles: Any, workdir: Path, script: Any, shell: str
) -> None:
    text = (
        "import os, signal\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"
        "say = 'echo $0; env | sort; grep -E \"Sig(Ign|Blk)\" /proc/self/status; echo $$; exit 5'\n"
        f"os.execvpe({shell!r}, [{shell!r}, '-c', say], {{'PATH': '/usr/bin:/bin', 'ODD': 'x=y'}})\n"
    )
    done = vigiles("run", "--json", "--", *script(text))
    name, *lines = done.stdout.decode().splitlines()
    assert done.returncode == 5
    assert json.loads(done.stderr)["calls"] == 1
    assert os.path.basename(name) == os.path.basename(shell)
    assert "ODD=x=y" in lines
    assert not [line for line in lines if line.startswith("LC_")]
    # Real-time signals are left as whoever started us left them.
    masks = [int(line.split()[1], 16) & 0x7FFF_FFFF for line in lines if line.startswith("Sig")]
    assert masks == [0, 1], "only SIGHUP is ignored"


def test_a_child_of_the_agent_that_is_a_shell_is_a_call(vigiles: Any, script: Any) -> None:
    text = (
        "import os\npid = os.fork()\n"
        "if not pid: os.execvp('sh', ['sh', '-c', 'exit 3'])\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    done = vigiles("run", "--json", "--", *script(text))
    assert done.stdout == b"3\n"
    assert json.loads(done.stderr)["calls"] == 2
