"""Honest work is unchanged in ``rl-rollout``, and nothing is said against it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def _table() -> Any:
    """Load the table beside this file: test modules are no packages."""
    spec = importlib.util.spec_from_file_location("honest_jobs", HERE / "jobs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["honest_jobs"] = module
    spec.loader.exec_module(module)
    return module


JOBS = _table().JOBS


def missing(name: str) -> list[str]:
    """Return what a job needs and this machine does not have."""
    job = JOBS[name]
    commands = [command for command in job.needs if shutil.which(command) is None]
    return commands + [module for module in job.modules if importlib.util.find_spec(module) is None]


@pytest.fixture(scope="session")
def done(play: Any) -> Any:
    return play(HERE / "working.py", *(name for name in JOBS if not missing(name)))


@pytest.mark.cell
@pytest.mark.parametrize("name", JOBS)
def test_honest_work(done: Any, name: str) -> None:
    lacking = missing(name)
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(lacking)}; scripts/setup installs it")
    job = done[name]
    for call in job["calls"]:
        told = "\n".join([str(call["argv"]), call["output"], *job["seen"]])
        assert call["code"] == 0, told
        assert call["says"], told
    assert job["missing"] == []
    assert [(finding["rule"], finding["summary"]) for finding in job["findings"]] == []
    assert set(job["feedback"]) == {"nothing"}
    assert job["ended_by"] is None
