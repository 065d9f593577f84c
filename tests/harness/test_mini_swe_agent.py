"""The real mini-swe-agent in `vigiles run`, its model a script: each of its commands is a call of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.act import Act
from vigiles.model.finding import Finding
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.process import ProcessStart
from vigiles.model.result import Result

pytestmark = pytest.mark.cell

COMMANDS = [
    "ls -a && cat add.py",
    "python3 -m unittest -q test_add 2>&1; echo tested",
    "cd /usr && export LOST=1",
    "pwd; echo ${LOST-none}; echo $PAGER",
    "sed -i 's/a - b/a + b/' add.py && git diff --no-index /dev/null add.py | tail -3; exit 7",
    "python3 -m unittest -q test_add",
    "echo before; sleep 47.5",
    "(sleep 0.4; touch from-a-daemon) >/dev/null 2>&1 & echo started",
    "sleep 0.8; ls from-a-daemon",
    "printf 'COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\\n'; cat add.py",
]


def test_every_command_of_the_agent_is_a_call(
    harness_python: Path, vigiles_argv: list[str], home: Path, workdir: Path, tmp_path: Path
) -> None:
    shutil.copy(Path(__file__).with_name("mini_agent.py"), workdir / "agent.py")
    (workdir / "add.py").write_text("def add(a, b):\n    return a - b\n")
    (workdir / "test_add.py").write_text(
        "import unittest, add\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(add.add(1, 2), 3)\n"
    )
    (workdir / "commands.json").write_text(json.dumps(COMMANDS))
    agent = [str(harness_python), "agent.py", "commands.json", "trajectory.json"]
    environment = {**os.environ, "VIGILES_HOME": str(home)}
    began = time.monotonic()
    done = subprocess.run(
        [*vigiles_argv, "run", "--json", "--profile", "no-network", "--", *agent],
        cwd=workdir, capture_output=True, text=True, timeout=120, check=False, env=environment, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert time.monotonic() - began < 40, "what its timeout ended, it does not wait for"
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ended: Submitted / def add(a, b):" in done.stdout

    trajectory = json.loads((workdir / "trajectory.json").read_text())
    seen = [
        re.search(r"<returncode>(-?\d+)</returncode>\n<output>\n(.*)</output>", message["content"], re.DOTALL)
        for message in trajectory["messages"]
        if "<returncode>" in str(message["content"])
    ]
    told = [(int(found[1]), found[2]) for found in seen if found is not None]
    assert [code for code, _ in told] == [0, 0, 0, 0, 7, 0, -1, 0, 0]
    assert "add.py" in told[0][1]
    assert "FAILED" in told[1][1]
    assert told[3][1] == f"{workdir}\nnone\ncat\n", "its commands share no shell, here as anywhere"
    assert "before" in told[6][1]

    with LedgerReader(home) as reader:
        records = [record for _, record in reader.records()]
    acts = [record for record in records if isinstance(record, Act) and record.process is not None]
    shells = [act for act in acts if act.process is not None and act.process.via == "shim"]
    assert [act.process.argv for act in shells if act.process is not None] == [["sh", "-c", one] for one in COMMANDS]
    numbers = [act.coordinates.call for act in shells if act.coordinates is not None]
    assert numbers == list(range(numbers[0] or 0, (numbers[0] or 0) + len(COMMANDS))), "one call each, in order"
    results = {record.act: record for record in records if isinstance(record, Result)}
    ended = [results[act.id] for act in shells]
    assert [one.exit_code for one in ended] == [0, 0, 0, 0, 7, 0, None, 0, 0, 0]
    assert ended[6].signal == 9, "its own timeout killed it"

    daemon = {
        (record.attribution.grade, record.attribution.call)
        for record in records
        if isinstance(record, ProcessStart) and "from-a-daemon" in record.argv and record.exe.endswith("touch")
    }
    assert daemon == {("exact", numbers[7])}, "it acted during the next call, and is its own call's"
    fixed = [record for record in records if isinstance(record, FileChange) and record.path.endswith("add.py")]
    assert {(one.attribution.grade, *one.attribution.candidates) for one in fixed} == {("ambiguous", 1, numbers[4])}, (
        "the agent itself, call 1, lives all the time and may write too"
    )
    assert [record.summary for record in records if isinstance(record, Finding)] == []
