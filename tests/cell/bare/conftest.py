"""Worlds without user namespaces, played once for all tests that look at them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell.bare.init import LEAST_ABI
from vigiles.kernel import landlock

HERE = Path(__file__).parent


def run_without_spaces(script: str, folder: Path, *arguments: str, world: bool = False) -> dict[str, Any]:
    """Run a script that writes ``result.json``; ``world``: in a network namespace of its own."""
    if landlock.abi() < LEAST_ABI:
        pytest.skip(f"Landlock ABI {LEAST_ABI} is needed (Linux 6.12)")
    python = [sys.executable, "-P"]
    enter = [*python, "-m", "vigiles.drills.world.enter", "--"] if world else []
    command = [*enter, *python, str(HERE / "without_spaces.py"), *python, str(HERE / script), str(folder)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == 0, f"{script}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return result


@pytest.fixture(scope="session")
def without_spaces() -> Callable[..., dict[str, Any]]:
    return run_without_spaces


@pytest.fixture(scope="session")
def played(short_folder: Callable[[str], Path]) -> Callable[[], dict[str, Any]]:
    """Return what one episode with attacks and honest work came to."""
    return lru_cache(maxsize=1)(lambda: run_without_spaces("play.py", short_folder("b")))


@pytest.fixture(scope="session")
def networked(short_folder: Callable[[str], Path]) -> Callable[[], dict[str, Any]]:
    """Return what one episode with a door came to."""
    return lru_cache(maxsize=1)(lambda: run_without_spaces("networked.py", short_folder("n"), world=True))
