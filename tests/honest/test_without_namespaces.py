"""Honest work in tier U-: what an agent does all day works there too, but for what the tier says it has not."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell.bare.init import LEAST_ABI
from vigiles.kernel import landlock

pytestmark = pytest.mark.cell

HERE = Path(__file__).parent
WITHOUT_SPACES = HERE.parent / "cell" / "bare" / "without_spaces.py"
_LOCKS = "locks of multiprocessing live in /dev/shm, which is closed"
#: What this tier has not, and which job needs it.
NOT_HERE = {
    "node": "it lists interfaces by netlink, which there is not",
    "multiprocessing, forkserver": _LOCKS,
    "multiprocessing, spawn": _LOCKS,
    "multiprocessing, fork": _LOCKS,
    "asyncio over a Unix socket": "it writes in /tmp, not in TMPDIR",
}


def _jobs() -> Any:
    """Load the table beside this file: test modules are no packages."""
    spec = importlib.util.spec_from_file_location("honest_jobs_without", HERE / "jobs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.JOBS


JOBS = {name: job for name, job in _jobs().items() if name not in NOT_HERE}


def missing(name: str) -> list[str]:
    """Return what a job needs and this machine does not have."""
    job = JOBS[name]
    commands = [command for command in job.needs if shutil.which(command) is None]
    return commands + [module for module in job.modules if importlib.util.find_spec(module) is None]


@pytest.fixture(scope="session")
def done(short_folder: Callable[[str], Path]) -> Callable[[], dict[str, Any]]:
    def work() -> dict[str, Any]:
        if landlock.abi() < LEAST_ABI:
            pytest.skip(f"Landlock ABI {LEAST_ABI} is needed (Linux 6.12)")
        folder, python = short_folder("j"), [sys.executable, "-P"]
        enter = [*python, "-m", "vigiles.drills.world.enter", "--", *python, str(WITHOUT_SPACES)]
        names = [name for name in JOBS if not missing(name)]
        command = [*enter, sys.executable, str(HERE / "working.py"), str(folder), "--bare", *names]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        ended = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False, env=environment)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        found: dict[str, Any] = json.loads((folder / "result.json").read_text())
        return found

    return lru_cache(maxsize=1)(work)


@pytest.mark.parametrize("name", JOBS)
def test_honest_work(done: Callable[[], dict[str, Any]], name: str) -> None:
    lacking = missing(name)
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(lacking)}; scripts/setup installs it")
    job = done()[name]
    for call in job["calls"]:
        told = "\n".join([str(call["argv"]), call["output"], *job["seen"]])
        assert call["code"] == 0, told
        assert call["says"], told
    assert job["missing"] == []
    assert [(finding["rule"], finding["summary"]) for finding in job["findings"]] == []
    assert set(job["feedback"]) == {"nothing"}
    assert job["ended_by"] is None


def test_every_job_that_is_left_out_is_in_the_table() -> None:
    assert set(NOT_HERE) <= set(_jobs())
