import subprocess
import sys
from pathlib import Path

from vigiles.evaluation.grid.folder import open_folder
from vigiles.evaluation.grid.line import decode
from vigiles.evaluation.grid.plan import AgentChoice, Block, Condition, Plan
from vigiles.evaluation.grid.setups import named

PLAN = Plan(
    name="w",
    setups=named(["none"], None),
    blocks=(Block(agents=(AgentChoice(name="honest"),), conditions=(Condition(family="leak"),), setups=("none",), seeds=9),),
)


def _work(folder: Path, home: Path, jobs: bytes) -> subprocess.CompletedProcess[bytes]:
    argv = [sys.executable, "-P", "-m", "vigiles.runtime.evaluating.worker", str(folder), str(home), "run-test"]
    return subprocess.run(argv, input=jobs, capture_output=True, timeout=60, check=False)


def test_jobs_go_in_and_lines_come_out(tmp_path: Path, shared_home: Path) -> None:
    with open_folder(tmp_path, PLAN, 1, "test"):
        done = _work(tmp_path, shared_home, b"0 3\n0 5\n")
    lines = [decode(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, b"")
    assert sorted(line.seed for line in lines) == [3, 5]
    assert all(line.judged for line in lines)


def test_what_is_wrong_is_one_line(tmp_path: Path, shared_home: Path) -> None:
    done = _work(tmp_path / "none", shared_home, b"0 3\n")
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"holds no results" in done.stderr
