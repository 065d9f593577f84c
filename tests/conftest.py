"""What every room's tests share: no deadlines on a busy machine, short homes, and a network of their own to play in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Property tests judge what is right, not how fast a busy machine is.
settings.register_profile("vigiles", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vigiles")

Play = Callable[..., Any]


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Callable[[str], Path]]:
    """Make folders with short paths (a Unix socket's path has 107 bytes), for this user only."""
    base = Path(tempfile.mkdtemp(prefix="v", dir="/tmp"))

    def make(name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=name, dir=base))

    yield make
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def home(short_folder: Callable[[str], Path]) -> Path:
    """A fresh state folder."""
    return short_folder("h")


@pytest.fixture
def workdir(short_folder: Callable[[str], Path]) -> Path:
    """A fresh work directory."""
    return short_folder("w")


@pytest.fixture(scope="session")
def play(short_folder: Callable[[str], Path]) -> Play:
    """Run a script in a network namespace of its own (203.0.113.0/24 on lo); it gets a folder and writes result.json."""

    def run(script: Path, *arguments: str, seconds: float = 150) -> Any:
        folder = short_folder("p")
        enter = [sys.executable, "-P", "-m", "vigiles.drills.world.enter", "--"]
        command = [*enter, sys.executable, str(script), str(folder), *arguments]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False, env=environment)
        assert done.returncode == 0, f"{script.name}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads((folder / "result.json").read_text())

    return run
