"""Other people's harnesses, and the environment that they run in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAIN = "import sys; from vigiles.cli.main import main; sys.argv[0] = 'vigiles'; main()"


@pytest.fixture(scope="session")
def harness_python(short_folder: Callable[[str], Path]) -> Path:
    """The interpreter of the harnesses' environment, made by scripts/harness-env if it is not there yet."""
    folder = ROOT / ".cache" / "harness"
    if not (folder / "installed.txt").exists() and not os.access(ROOT, os.W_OK):
        folder = short_folder("x") / "harness"
    command = [str(ROOT / "scripts" / "harness-env"), str(folder)]
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, env=environment)
    if done.returncode:
        pytest.skip(f"scripts/harness-env could not make {folder}: {done.stderr.strip()[-300:]}")
    return folder / "bin" / "python"


@pytest.fixture(scope="session")
def vigiles_argv() -> list[str]:
    """The words that start the command line."""
    return [sys.executable, "-P", "-c", MAIN]
